import type { Socket } from 'node:net';
import type { EnqueueResult } from '../document/types.js';
import { enqueueOn } from './shared/enqueue-on.js';

/**
 * Takes a place of a semaphore, or one in its queue, at once. Wait for your turn with {@link semWaitForLock}.
 *
 * @param limit How many may have a place at once: the same for all who use it.
 * @param leaseTtlS Seconds from 1, rounded down. The server's default if it is absent.
 * @throws LockError
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
export function semEnqueue(sock: Socket, key: string, limit: number, leaseTtlS?: number): Promise<EnqueueResult> {
  return enqueueOn(sock, { kind: 's', key, lease: leaseTtlS, limit });
}
