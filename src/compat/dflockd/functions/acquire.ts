import type { Socket } from 'node:net';
import { channelOf } from '../channel/channel-of.js';
import type { AcquireResult } from '../document/types.js';
import { validateKey, validateLease, validateWait } from '../document/validate.js';
import { take } from '../channel/take.js';

/**
 * Takes a lock over a socket that you have opened, waiting in its queue if somebody else has it.
 *
 * @param acquireTimeoutS How long to wait: whole seconds; with 0 it is a try.
 * @param leaseTtlS Whole seconds from 1. The server's default if it is absent.
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
export async function acquire(
  sock: Socket,
  key: string,
  acquireTimeoutS: number,
  leaseTtlS?: number,
): Promise<AcquireResult> {
  validateKey(key);
  validateWait(acquireTimeoutS, 'acquireTimeoutS');
  validateLease(leaseTtlS);
  const { token, lease } = await take(
    channelOf(sock),
    { kind: '', key, lease: leaseTtlS, limit: undefined },
    acquireTimeoutS,
  );
  return { token, lease };
}
