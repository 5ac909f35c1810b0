import type { Socket } from 'node:net';
import { renewOn } from './shared/renew-on.js';

/**
 * Renews a place of a semaphore.
 *
 * @param leaseTtlS Seconds from 1, rounded down. What it had, where it was granted on this socket, else the server's default.
 * @returns The seconds that remain.
 * @throws LockError; it is a `LockLostError` of `rxlock` if the place is lost.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { semAcquire, semRenew } from 'rxlock/compat/dflockd';
 *
 * const sock = connect({ host: '127.0.0.1', port: 6388 });
 * const { token } = await semAcquire(sock, 'my-pool', 10, 3);
 * console.log(await semRenew(sock, 'my-pool', token, 60));
 * sock.destroy();
 * ```
 */
export function semRenew(sock: Socket, key: string, token: string, leaseTtlS?: number): Promise<number> {
  return renewOn(sock, { kind: 's', key, lease: leaseTtlS }, token);
}
