import type { Socket } from 'node:net';
import { channelOf } from '../channel/channel-of.js';
import type { EnqueueResult } from '../document/types.js';
import { validateKey, validateLease } from '../document/validate.js';
import { takePlace } from '../channel/take-place.js';

/**
 * Takes a lock, or a place in its queue, at once. Wait for your turn with {@link waitForLock}.
 *
 * @param leaseTtlS Whole seconds from 1. The server's default if it is absent.
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
export async function enqueue(sock: Socket, key: string, leaseTtlS?: number): Promise<EnqueueResult> {
  validateKey(key);
  validateLease(leaseTtlS);
  const answer = await takePlace(channelOf(sock), { kind: '', key, lease: leaseTtlS, limit: undefined });
  if (answer === 'queued') return { status: 'queued', token: null, lease: null };
  return { status: 'acquired', token: answer.token, lease: answer.lease };
}
