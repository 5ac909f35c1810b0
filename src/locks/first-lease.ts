import type { Observable } from 'rxjs';
import { LockError } from '../contract/errors.js';
import { sortedNames } from './sorted-names.js';

/** What promises read of an event. */
export interface LeaseEvent<L> {
  readonly type: string;
  readonly lease?: L;
}

/**
 * Makes the error of a wait that ended without a lease, and without an error of its own: `until` came.
 *
 * @param names Of several locks all: they are called as their lease would be.
 */
export function endOfWait(names: string | readonly string[]): LockError {
  const name = typeof names === 'string' ? names : sortedNames(names).join(',');
  return new LockError(`\`until\` ended the wait for the lock '${name}' before it was granted`, { name });
}

/**
 * Subscribes to a lock's stream until its lease ends: whoever holds the lease is the owner of the subscription.
 *
 * @param names Of the lock, or of all of them: for errors. Looked at when the stream was made, which checks them.
 * @param lock$ Makes the stream. What it throws rejects the promise.
 * @returns The first lease.
 */
export function firstLease<L>(names: string | readonly string[], lock$: () => Observable<LeaseEvent<L>>): Promise<L> {
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
        if (!granted) reject(endOfWait(names));
      },
    });
  });
}
