import type { Observable } from 'rxjs';
import { LockLostError } from '../contract/errors.js';
import { retain } from '../contract/retention.js';
import type { Lease } from '../contract/lease.js';

/**
 * Subscribes to a lock's stream until its lease ends: whoever holds the lease is the owner of the subscription.
 *
 * @param lock$ Makes the stream. What it throws rejects the promise.
 * @returns The first lease.
 */
export function firstLease<L>(lock$: () => Observable<{ readonly type: string; readonly lease?: L }>): Promise<L> {
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
        if (!granted) reject(new DOMException('the wait for the lock was ended', 'AbortError'));
      },
    });
  });
}

/** Runs work under a lease, and gives it back once the work has settled. */
export async function workUnder<L extends Lease<unknown>, R>(
  lease: L,
  work: (lease: L) => R | PromiseLike<R>,
): Promise<R> {
  const retention = retain(lease);
  try {
    // A turn has passed since the grant: the locks may have been closed in it.
    lease.assertHeld();
    const result = await work(lease);
    assertNotLost(lease);
    return result;
  } catch (error) {
    // Work that stopped as it was told to has nothing to say of its own.
    if ((error as { readonly name?: unknown } | null | undefined)?.name === 'AbortError') assertNotLost(lease);
    throw error;
  } finally {
    retention.release();
    await lease.release();
  }
}

/** Work that gave its lock back itself is fine. */
function assertNotLost(lease: Lease<unknown>): void {
  try {
    lease.assertHeld();
  } catch (error) {
    if (error instanceof LockLostError && error.reason !== undefined) throw error;
  }
}
