import type { Socket } from 'node:net';
import { channelOf } from '../channel/channel-of.js';
import { extend } from '../channel/extend.js';
import { validateKey, validateLease, validateToken } from '../document/validate.js';

/**
 * Renews a place of a semaphore.
 *
 * @param leaseTtlS Whole seconds from 1. What it had, where it was granted on this socket, else the server's default.
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
export async function semRenew(sock: Socket, key: string, token: string, leaseTtlS?: number): Promise<number> {
  validateKey(key);
  validateToken(token);
  validateLease(leaseTtlS);
  const { remaining } = await extend(channelOf(sock), { kind: 's', key, lease: leaseTtlS }, token);
  return remaining;
}
