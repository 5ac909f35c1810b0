import { map, merge, take, type Observable } from 'rxjs';
import { leaseJson } from '../values/lease-json.js';
import { loggable } from '../values/loggable.js';
import { anySignal } from '../values/any-signal.js';
import { AFTER_LOSS, AfterLoss, type WithAfterLoss } from '../contract/after-loss.js';
import { RETAIN, retain, type Retainable, type Retention } from '../contract/retention.js';
import type { OnLost } from '../contract/options.js';
import type { Duration } from '../contract/time.js';
import { LockUnsupportedError } from '../contract/errors.js';
import { rejected } from '../values/rejected.js';
import type {
  CompositeLease,
  DetachedEvent,
  Lease,
  LeaseHandle,
  LeaseJson,
  LostEvent,
  ReleasedEvent,
} from '../contract/lease.js';

/** Several leases as one: held as long as each of them is. */
export class HeldLeases implements CompositeLease, Retainable, WithAfterLoss {
  readonly fencingToken = undefined;
  /** Joined once: each event carries it, and there may be thousands of both. */
  readonly name: string;
  private wholeSignal: AbortSignal | undefined;
  private readonly after: AfterLoss;

  /**
   * @param onLost What is to follow a loss, unless somebody asks for something else.
   * @param stop The `until` of the subscriber.
   */
  constructor(
    readonly leases: readonly Lease[],
    onLost: OnLost,
    stop: AfterLoss['stop'],
  ) {
    this.name = leases.map(({ name }) => name).join(',');
    this.after = new AfterLoss(onLost, stop);
  }

  get id(): string {
    return this.leases.map(({ id }) => id).join(',');
  }

  get holder(): string {
    return this.first.holder;
  }

  get metadata(): string | undefined {
    return this.first.metadata;
  }

  get ttl(): number {
    return this.first.ttl;
  }

  /** When the last of them was granted. */
  get acquiredAt(): Date {
    return new Date(Math.max(...this.leases.map(({ acquiredAt }) => acquiredAt.getTime())));
  }

  /** When the first of them ends. */
  get expiresAt(): Date {
    return new Date(Math.min(...this.leases.map(({ expiresAt }) => expiresAt.getTime())));
  }

  remaining(): number {
    return Math.min(...this.leases.map((lease) => lease.remaining()));
  }

  get isHeld(): boolean {
    // Each is asked: asking is what notices a loss.
    return this.leases.filter((lease) => !lease.isHeld).length === 0;
  }

  assertHeld(): void {
    for (const lease of this.leases) lease.assertHeld();
  }

  get signal(): AbortSignal {
    return (this.wholeSignal ??= anySignal(this.leases.map(({ signal }) => signal)));
  }

  get ended$(): Observable<LostEvent<undefined> | ReleasedEvent<undefined> | DetachedEvent<undefined>> {
    return merge(...this.leases.map(({ ended$ }) => ended$)).pipe(
      take(1),
      map((event) => loggable({ ...event, name: this.name, lease: this })),
    );
  }

  /** All of them. One that is refused keeps no other from it. */
  extend(ttl?: Duration): Promise<Date> {
    const extended = Promise.all(this.leases.map((lease) => lease.extend(ttl))).then(() => this.expiresAt);
    extended.catch(() => undefined);
    return extended;
  }

  detach(): Promise<LeaseHandle> {
    return rejected(
      new LockUnsupportedError(`several locks are not handed on as one: '${this.name}'`, { name: this.name }),
    );
  }

  async release(): Promise<void> {
    await Promise.all(this.leases.map((lease) => lease.release()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  toJSON(): LeaseJson {
    return leaseJson(
      this,
      this.leases.every((lease) => lease.toJSON().isHeld),
    );
  }

  [RETAIN](): Retention {
    const retentions = this.leases.map(retain);
    const [first] = retentions;
    return {
      scheduler: first?.scheduler,
      release() {
        for (const retention of retentions) retention.release();
      },
      abandon() {
        for (const retention of retentions) retention.abandon();
      },
      fail(error) {
        first?.fail(error);
      },
    };
  }

  [AFTER_LOSS](): AfterLoss | undefined {
    return this.after.isDecided ? undefined : this.after;
  }

  /** Its end was told. @param act Called with what follows, when all have been told. */
  endTold(act: (onLost: OnLost) => void): void {
    this.after.decide(act);
  }

  private get first(): Lease {
    // There is always one: `composite$` refuses an empty list of names.
    return this.leases[0] as Lease;
  }
}
