import { demanded } from '../values/demanded.js';
import { LockError, LockHeldError } from '../contract/errors.js';
import type { AcquireSignal } from '../contract/backend.js';

type HeldSignal = Extract<AcquireSignal, { readonly type: 'held' }>;

/** Why an attempt did not end in a grant: somebody has the lock, or the service could not be asked. */
export class Refusal {
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

  /** Why the service could not be asked. */
  get cause(): unknown {
    return this.failure;
  }

  /** Is there any sense in trying again? */
  get isFinal(): boolean {
    return this.held === undefined && !(this.failure instanceof LockError && this.failure.retryable);
  }

  /** Milliseconds before which the service wants no other attempt. */
  get notBefore(): number {
    if (this.held !== undefined) return this.held.binding === true ? (this.held.retryAfter ?? 0) : 0;
    return demanded(this.failure);
  }

  /** Milliseconds after which the lock may be free, so that there is no sense in waiting longer. */
  get notAfter(): number {
    // Not 0: a service that says so again and again must not make a busy loop.
    return this.held?.binding === true ? Infinity : Math.max(1, this.held?.retryAfter ?? Infinity);
  }

  /** As the end of a stream. */
  toError(name: string): unknown {
    if (this.held === undefined) return this.failure;
    const { holder, expiresAt } = this.held;
    // A hint is no demand: whoever tries again by a policy of his own need not wait for it.
    const retryAfter = this.held.binding === true ? this.held.retryAfter : undefined;
    const by = holder === undefined ? '' : ` by ${holder}`;
    return new LockHeldError(`the lock '${name}' is held${by}`, {
      name,
      holder,
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
      retryAfter,
    });
  }
}
