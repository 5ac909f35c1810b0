import type { Socket } from 'node:net';
import { channelOf } from '../channel/channel-of.js';
import type { EnqueueResult } from '../document/types.js';
import { validateKey, validateLease, validateLimit } from '../document/validate.js';
import { takePlace } from '../channel/take-place.js';

/**
 * Takes a place of a semaphore, or one in its queue, at once. Wait for your turn with {@link semWaitForLock}.
 *
 * @param limit How many may have a place at once: the same for all who use it.
 * @param leaseTtlS Whole seconds from 1. The server's default if it is absent.
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
export async function semEnqueue(sock: Socket, key: string, limit: number, leaseTtlS?: number): Promise<EnqueueResult> {
  validateKey(key);
  validateLease(leaseTtlS);
  validateLimit(limit);
  const answer = await takePlace(channelOf(sock), { kind: 's', key, lease: leaseTtlS, limit });
  if (answer === 'queued') return { status: 'queued', token: null, lease: null };
  return { status: 'acquired', token: answer.token, lease: answer.lease };
}
