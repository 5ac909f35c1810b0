import { demanded } from '../values/demanded.js';
import { LockError, LockHeldError } from '../contract/errors.js';
import type { AcquireSignal } from '../contract/backend.js';
import type { LockRequest } from '../core/lock-request.js';

/** A hint that comes again and again delays the next attempt by this, doubled each time, and this at most. Milliseconds. */
const FLOOR = { first: 50, last: 1000 } as const;

type HeldSignal = Extract<AcquireSignal, { readonly type: 'held' }>;

/** Why an attempt did not end in a grant: somebody has the lock, or the service could not be asked. */
export class Refusal {
  /** How many hints before this one said that it would be soon, one after the other. */
  private repeated = 0;

  private constructor(
    readonly held: HeldSignal | undefined,
    private readonly failure: unknown,
  ) {}

  static held(signal: HeldSignal): Refusal {
    return new Refusal(signal, undefined);
  }

  static failed(failure: unknown): Refusal {
    return new Refusal(undefined, failure);
  }

  /** Follows another one: a hint that was wrong before is not believed again at once. */
  after(previous: Refusal | undefined): this {
    if (previous?.isSoon === true) this.repeated = previous.repeated + 1;
    return this;
  }

  /** Why the service could not be asked, where that may pass. */
  get cause(): LockError | undefined {
    return this.failure instanceof LockError ? this.failure : undefined;
  }

  /** Is there any sense in trying again? */
  get isFinal(): boolean {
    return this.held === undefined && !(this.failure instanceof LockError && this.failure.retryable);
  }

  /** Milliseconds before which the service wants no other attempt. */
  get notBefore(): number {
    if (this.held !== undefined) return this.held.binding === true ? demanded(this.held) : 0;
    return demanded(this.failure);
  }

  /**
   * Milliseconds after which the lock may be free, so that there is no sense in waiting longer. A service that says `now`
   * again and again must not make a busy loop: the first hint counts as it is, the following ones from a floor that grows.
   */
  get notAfter(): number {
    const floor = this.repeated === 0 ? 1 : Math.min(FLOOR.last, FLOOR.first * 2 ** (this.repeated - 1));
    return Math.max(this.hint, floor);
  }

  private get hint(): number {
    const { binding, retryAfter } = this.held ?? {};
    // What is no number says nothing: no delay compares with it. A backend may be anybody's.
    const isHint = binding !== true && typeof retryAfter === 'number' && !Number.isNaN(retryAfter);
    return isHint ? retryAfter : Infinity;
  }

  private get isSoon(): boolean {
    return this.hint < FLOOR.last;
  }

  /** As the end of a stream. */
  toError({ title: name, subject }: Pick<LockRequest, 'title' | 'subject'>): unknown {
    if (this.held === undefined) return this.failure;
    const { holder, expiresAt } = this.held;
    // A hint is no demand: whoever tries again by a policy of his own need not wait for it.
    const retryAfter = this.held.binding === true ? this.held.retryAfter : undefined;
    const by = holder === undefined ? '' : ` by ${holder}`;
    return new LockHeldError(`${subject} is held${by}`, {
      name,
      holder,
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
      retryAfter,
    });
  }
}
