import type { Socket } from 'node:net';
import { renewOn } from './shared/renew-on.js';

/**
 * Renews a lock.
 *
 * @param leaseTtlS Seconds from 1, rounded down. What it had, where it was granted on this socket, else the server's default.
 * @returns The seconds that remain.
 * @throws LockError; it is a `LockLostError` of `rxlock` if the lock is lost.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { acquire, renew } from 'rxlock/compat/dflockd';
 *
 * const sock = connect({ host: '127.0.0.1', port: 6388 });
 * const { token } = await acquire(sock, 'my-key', 10);
 * console.log(await renew(sock, 'my-key', token, 60));
 * sock.destroy();
 * ```
 */
export function renew(sock: Socket, key: string, token: string, leaseTtlS?: number): Promise<number> {
  return renewOn(sock, { kind: '', key, lease: leaseTtlS }, token);
}
