import type { Socket } from 'node:net';
import type { EnqueueResult } from '../document/types.js';
import { enqueueOn } from './shared/enqueue-on.js';

/**
 * Takes a lock, or a place in its queue, at once. Wait for your turn with {@link waitForLock}.
 *
 * @param leaseTtlS Seconds from 1, rounded down. The server's default if it is absent.
 * @throws LockError
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
export function enqueue(sock: Socket, key: string, leaseTtlS?: number): Promise<EnqueueResult> {
  return enqueueOn(sock, { kind: '', key, lease: leaseTtlS });
}
