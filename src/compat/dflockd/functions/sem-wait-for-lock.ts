import type { Socket } from 'node:net';
import type { AcquireResult } from '../document/types.js';
import { waitOn } from './shared/wait-on.js';

/**
 * Waits for one's turn in the queue of a semaphore, and makes sure that the lease did not run out there.
 *
 * @param waitTimeoutS Seconds, rounded up; the place is lost after them.
 * @throws AcquireTimeoutError if it was not granted in time; LockError for all else.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { semEnqueue, semWaitForLock } from 'rxlock/compat/dflockd';
 *
 * const sock = connect({ host: '127.0.0.1', port: 6388 });
 * const result = await semEnqueue(sock, 'my-pool', 3);
 * if (result.status === 'queued') await semWaitForLock(sock, 'my-pool', 10);
 * sock.destroy();
 * ```
 */
export function semWaitForLock(sock: Socket, key: string, waitTimeoutS: number): Promise<AcquireResult> {
  return waitOn(sock, 's', key, waitTimeoutS);
}
