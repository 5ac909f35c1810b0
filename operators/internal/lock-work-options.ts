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
   * What follows a loss, whatever the lock's own `onLost` is. `'error'` (the default): `LockLostError`. `'complete'`: the
   * result completes. `'reacquire'`: the work is started anew with the next grant.
   */
  readonly onLost?: OnLost | undefined;
  /**
   * Clean-up that needs the lock. Runs once the work has stopped, however it stopped, unless the lock is gone; the lock
   * stays held and renewed meanwhile. What it emits is ignored; what it fails with is told on `locks.events$` only.
   */
  readonly drain?: ((lease: L) => ObservableInput<unknown>) | undefined;
  /**
   * How long the lock waits, in all, for work that is slow to stop and for `drain`. The ttl by default. After it, the
   * lock is not renewed any more: it runs out, or is given back if the work stops before that.
   */
  readonly drainTimeout?: Duration | undefined;
}

/** The type of lease that events carry. */
export type LeaseOf<E> = E extends { readonly type: 'acquired'; readonly lease: infer L } ? L : never;
