// What needs the types of Node.
import type { Socket } from 'node:net';
import { createLocks } from 'rxlock';
import { AcquireTimeoutError, DistributedLock, enqueue, LockError, waitForLock } from 'rxlock/compat/dflockd';
import { dflockd, type DflockdStats } from 'rxlock/dflockd';
import { usingLock } from 'rxlock/operators';
import { of, type Observable } from 'rxjs';

const locks = createLocks(dflockd({ servers: ['localhost:6388'] }));
// There is no token.
export const token$: Observable<undefined> = usingLock(locks.lock$('a', '30s'), (lease) => of(lease.fencingToken));
export const held = (stats: DflockdStats): readonly string[] => stats.locks.map(({ key }) => key);

export async function inTwoPhases(sock: Socket): Promise<string | null> {
  const lock = new DistributedLock({ key: 'my-resource', acquireTimeoutS: 10, leaseTtlS: 20, servers: [['127.0.0.1', 6388]] });
  try {
    const status: 'acquired' | 'queued' = await lock.enqueue();
    if (status === 'queued' && !(await lock.wait(10))) return null;
    await lock.withLock(async () => lock.token);
  } catch (error) {
    if (error instanceof AcquireTimeoutError) return null;
    if (error instanceof LockError) console.log(error.message);
  }
  const { token } = await enqueue(sock, 'another-key');
  return token ?? (await waitForLock(sock, 'another-key', 10)).token;
}
