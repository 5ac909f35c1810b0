import type { Socket } from 'node:net';
import { releaseOn } from './shared/release-on.js';

/**
 * Gives a lock back.
 *
 * @throws LockError, also if it was not held any more.
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { acquire, release } from 'rxlock/compat/dflockd';
 *
 * const sock = connect({ host: '127.0.0.1', port: 6388 });
 * const { token } = await acquire(sock, 'my-key', 10);
 * await release(sock, 'my-key', token);
 * sock.destroy();
 * ```
 */
export function release(sock: Socket, key: string, token: string): Promise<void> {
  return releaseOn(sock, '', key, token);
}
