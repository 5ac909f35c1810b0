import type { Socket } from 'node:net';
import type { AcquireResult } from '../document/types.js';
import { waitOn } from './shared/wait-on.js';

/**
 * Waits for one's turn in a queue, and makes sure that the lease did not run out there.
 *
 * @param waitTimeoutS Seconds, rounded up; the place is lost after them.
 * @throws AcquireTimeoutError if it was not granted in time; LockError for all else.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { enqueue, waitForLock } from 'rxlock/compat/dflockd';
 *
 * const sock = connect({ host: '127.0.0.1', port: 6388 });
 * const result = await enqueue(sock, 'my-key');
 * if (result.status === 'queued') await waitForLock(sock, 'my-key', 10);
 * sock.destroy();
 * ```
 */
export function waitForLock(sock: Socket, key: string, waitTimeoutS: number): Promise<AcquireResult> {
  return waitOn(sock, '', key, waitTimeoutS);
}
