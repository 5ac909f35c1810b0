import type { Socket } from 'node:net';
import type { AcquireResult } from '../document/types.js';
import { takeOn } from './shared/take-on.js';

/**
 * Takes a lock over a socket that you have opened, waiting in its queue if somebody else has it.
 *
 * @param acquireTimeoutS How long to wait: seconds, rounded up; with 0 it is a try.
 * @param leaseTtlS Seconds from 1, rounded down. The server's default if it is absent.
 * @throws AcquireTimeoutError if it was not granted in time; LockError for all else.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { acquire, release } from 'rxlock/compat/dflockd';
 *
 * const sock = connect({ host: '127.0.0.1', port: 6388 });
 * const { token } = await acquire(sock, 'my-key', 10, 30);
 * await release(sock, 'my-key', token);
 * sock.destroy();
 * ```
 */
export function acquire(
  sock: Socket,
  key: string,
  acquireTimeoutS: number,
  leaseTtlS?: number,
): Promise<AcquireResult> {
  return takeOn(sock, { kind: '', key, lease: leaseTtlS }, acquireTimeoutS);
}
