import type { Socket } from 'node:net';
import type { AcquireResult } from '../document/types.js';
import { takeOn } from './shared/take-on.js';

/**
 * Takes a place of a semaphore over a socket that you have opened, waiting in its queue if all are taken.
 *
 * @param acquireTimeoutS How long to wait: seconds, rounded up; with 0 it is a try.
 * @param limit How many may have a place at once: the same for all who use it.
 * @param leaseTtlS Seconds from 1, rounded down. The server's default if it is absent.
 * @throws AcquireTimeoutError if it was not granted in time; LockError for all else.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { semAcquire, semRelease } from 'rxlock/compat/dflockd';
 *
 * const sock = connect({ host: '127.0.0.1', port: 6388 });
 * const { token } = await semAcquire(sock, 'my-pool', 10, 3);
 * await semRelease(sock, 'my-pool', token);
 * sock.destroy();
 * ```
 */
export function semAcquire(
  sock: Socket,
  key: string,
  acquireTimeoutS: number,
  limit: number,
  leaseTtlS?: number,
): Promise<AcquireResult> {
  return takeOn(sock, { kind: 's', key, lease: leaseTtlS, limit }, acquireTimeoutS);
}
