import type { SchedulerLike } from 'rxjs';
import type { Lease } from './lease.js';

const CONTROL = Symbol.for('rxlock.lease-control');

/** A lease kept past the end of its subscription, so that work may finish before the lock goes. */
export interface Retention {
  /** What time-outs of the work run on: the core's. `asyncScheduler` if absent. */
  readonly scheduler?: SchedulerLike | undefined;
  /** The work has stopped, if late: the lock may go. Idempotent. */
  release(): void;
  /**
   * The work does not stop, and is not waited for any longer. Binds nobody else: renewal ends when the subscription has
   * ended and all who still keep the lease have said so. The lock then runs out, unless `release` comes before that. Idempotent.
   */
  abandon(): void;
  /** Tells `events$` of a clean-up that failed. */
  fail(error: unknown): void;
}

/** What operators may ask of a lease beyond its public members. */
export interface Retainable {
  [CONTROL](): Retention;
}

/** The key of {@link Retainable}, for those who make leases. */
export const RETAIN: typeof CONTROL = CONTROL;

const NOTHING: Retention = { release() {}, abandon() {}, fail() {} };

/**
 * Keeps a lease held and renewed after its subscription ends, until the retention is released.
 *
 * While it lasts, `isHeld` stays true after the subscription has ended, `signal` is aborted (the work is asked to
 * stop), and a loss still shows on `ended$`. Taken synchronously when `acquired` arrives.
 *
 * @param lease A lease of this package; any other gets a retention that does nothing.
 */
export function retain(lease: Lease<unknown>): Retention {
  return (lease as Partial<Retainable>)[CONTROL]?.() ?? NOTHING;
}
