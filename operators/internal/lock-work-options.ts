import type { ObservableInput } from 'rxjs';
import type { Duration } from '../../src/contract/time.js';
import type { Lease } from '../../src/contract/lease.js';
import type { OnLost } from '../../src/contract/options.js';

/**
 * Options of the operators that run work under a lock.
 *
 * @typeParam L The type of the lease; inferred from the lock's stream.
 */
export interface LockWorkOptions<L = Lease> {
  /**
   * What happens after a loss. `'error'` (the default): the result errors with `LockLostError`. `'complete'`: it completes.
   * `'reacquire'`: the work starts again when you have the lock again. The lock's own `onLost` is not used.
   */
  readonly onLost?: OnLost | undefined;
  /**
   * Clean-up that still needs the lock. It runs when the work has stopped, before the lock is given back; not after a loss. The
   * lock is renewed until it has ended. Its values are ignored; its error is only a `drain-error` on `locks.events$`.
   */
  readonly drain?: ((lease: L) => ObservableInput<unknown>) | undefined;
  /**
   * How long the lock is kept for slow work and for `drain` together, counted from when the work is asked to stop. The ttl by
   * default. After that the lock is not renewed any more: it is given back when the work stops, or ends with its ttl.
   */
  readonly drainTimeout?: Duration | undefined;
}

/** The type of lease that events carry. */
export type LeaseOf<E> = E extends { readonly type: 'acquired'; readonly lease: infer L } ? L : never;
