import type { Observable } from 'rxjs';
import { LockError } from '../contract/errors.js';

/** What promises read of an event. */
export interface LeaseEvent<L> {
  readonly type: string;
  readonly lease?: L;
}

/** The error of a wait that ended without a lease, and without one of its own: `until` came. */
export function endOfWait(): LockError {
  return new LockError('`until` ended the wait for the lock before it was granted');
}

/**
 * Subscribes to a lock's stream until its lease ends: whoever holds the lease is the owner of the subscription.
 *
 * @param lock$ Makes the stream. What it throws rejects the promise.
 * @returns The first lease.
 */
export function firstLease<L>(lock$: () => Observable<LeaseEvent<L>>): Promise<L> {
  return new Promise((resolve, reject) => {
    let granted = false;
    lock$().subscribe({
      next(event) {
        if (event.type !== 'acquired') return;
        granted = true;
        resolve(event.lease as L);
      },
      // Has no effect once the promise is settled: the end of a lease is told by the lease.
      error: reject,
      complete() {
        // An error is costly to make, and this is the ordinary end of a lease.
        if (!granted) reject(endOfWait());
      },
    });
  });
}
