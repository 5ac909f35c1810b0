import type { Observable } from 'rxjs';

/** What promises read of an event. */
export interface LeaseEvent<L> {
  readonly type: string;
  readonly lease?: L;
}

/** The error of a wait that ended without a lease, and without one of its own: `until` came. */
export function endOfWait(): DOMException {
  return new DOMException('the wait for the lock was ended', 'AbortError');
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
