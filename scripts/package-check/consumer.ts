import { createLocks, lock$, LockHeldError, memory, type Lease, type LockEvent, type Locks } from 'rxlock';
import { lock$ as autoLock$ } from 'rxlock/auto';
import { LockHeldError as HeldElsewhere, OctoStoreClient, type AcquireResult, type UserLock } from 'rxlock/compat/octostore';
import { octostore } from 'rxlock/octostore';
import { socket, type SocketOptions } from 'rxlock/socket';
import { ofLockEvent, usingLock, withLock } from 'rxlock/operators';
import * as testing from 'rxlock/testing';
import { of, type Observable } from 'rxjs';

export const locks = createLocks(memory());
export const anyLocks: Locks = locks;
export const events$: Observable<LockEvent> = lock$('a', '30s');
export const guarded$: Observable<number> = of(1).pipe(withLock(locks.lock$('a', '30s')));
// The token's type follows the backend's features.
export const token$: Observable<bigint> = usingLock(locks.lock$('a', '30s'), (lease) => of(lease.fencingToken));
export const acquired$ = autoLock$('a', '30s').pipe(ofLockEvent('acquired'));
export const remote = createLocks(octostore({ token: 'secret' }));
export const served = createLocks(socket({ WebSocket, token: 'secret' } satisfies SocketOptions));
export const servedToken$: Observable<bigint> = usingLock(served.lock$('a', '30s'), (lease) => of(lease.fencingToken));
export const kit: object = testing;

export async function work(): Promise<string> {
  await using lease = await locks.acquire('a', '30s', { wait: '5s' });
  const plain: Lease = lease;
  const free: Lease<bigint> | null = await locks.tryAcquire('b', '30s');
  await free?.release();
  try {
    return await locks.using('b', '30s', async (held) => `${plain.name} ${held.name}`);
  } catch (error) {
    return error instanceof LockHeldError ? (error.holder ?? '') : '';
  }
}

export async function documented(): Promise<UserLock[]> {
  await using client = new OctoStoreClient({ baseUrl: 'https://api.octostore.io', token: 'secret', timeout: 30_000 });
  try {
    const result: AcquireResult = await client.acquireLock('my-resource', 300, { signal: AbortSignal.timeout(5000) });
    await client.releaseLock('my-resource', result.lease_id!);
  } catch (error) {
    if (error instanceof HeldElsewhere) console.log(error.holder_id, error.expires_at);
    if (error instanceof LockHeldError) console.log(error.holder);
  }
  const token: bigint = await client.withLock('my-resource', 60, (lease) => lease.fencingToken);
  console.log(token);
  return await client.listLocks();
}
