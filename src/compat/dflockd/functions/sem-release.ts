import type { Socket } from 'node:net';
import { releaseOn } from './shared/release-on.js';

/**
 * Gives a place of a semaphore back.
 *
 * @throws LockError, also if it was not held any more.
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
export function semRelease(sock: Socket, key: string, token: string): Promise<void> {
  return releaseOn(sock, 's', key, token);
}
