import { setTimeout as sleep } from 'node:timers/promises';
import { concatMap, filter, firstValueFrom, lastValueFrom, range, retry } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { octostore } from '../../../src/backends/octostore/index.js';
import { LockHeldError, NetworkError, OctoStoreError } from '../../../src/compat/octostore/index.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import * as root from '../../../src/contract/errors.js';
import type { Locks } from '../../../src/contract/locks.js';
import type { Lease } from '../../../src/contract/lease.js';
import { usingLock } from '../../../operators/using-lock.js';
import { describeWithOctoStore } from '../../support/octostore-server.js';
import { until } from '../../support/poll.js';
import { anyName, clients, errorOf, errorsOf, isFree } from './support/servers.js';

describeWithOctoStore('OctoStoreClient beside lock$', (server) => {
  const make = clients(server);
  let locks: Locks<bigint>;
  let name: string;
  beforeEach(() => {
    locks = createLocks(octostore({ baseUrl: server().url, token: server().tokens.alice }));
    name = anyName();
  });
  afterEach(async () => {
    await locks.close();
  });

  it('is refused what lock$ holds under the same token, and cannot free it', async () => {
    const lease = await locks.acquire(name, '30s');
    const client = make();
    const error = await errorOf(client.acquireLock(name, 60));
    expect(error).toBeInstanceOf(LockHeldError);
    expect(error).toMatchObject({ holder_id: (await locks.status(name)).holder });
    await client.close();
    expect(await isFree(server(), name)).toBe(false);
    await lease.release();
    expect(await make().acquireLock(name, 60)).toMatchObject({ status: 'acquired' });
  });

  it('keeps lock$ under the same token waiting until it releases', async () => {
    const client = make();
    const { lease_id, fencing_token } = await client.acquireLock(name, 60);
    const events: string[] = [];
    const acquired = firstValueFrom(
      locks.lock$(name, '30s').pipe(
        filter((event) => {
          events.push(event.type);
          return event.type === 'acquired';
        }),
      ),
    );
    await until(() => events.includes('waiting'), 'the wait');
    await expect(locks.acquire(name, '30s', { wait: false })).rejects.toBeInstanceOf(root.LockHeldError);
    await client.releaseLock(name, lease_id!);
    const event = await acquired;
    expect([...new Set(events)]).toEqual(['waiting', 'acquired']);
    expect(event.type === 'acquired' && event.lease.fencingToken).toBeGreaterThan(BigInt(fencing_token!));
  });

  it('is one owner with every client of its token, unless it has a session', async () => {
    const plain = make();
    const { lease_id } = await plain.acquireLock(name);
    expect(await make().acquireLock(name)).toMatchObject({ lease_id });
    const own = make({ session: true });
    await expect(own.acquireLock(name)).rejects.toBeInstanceOf(LockHeldError);
    await plain.releaseLock(name, lease_id!);
    const first = await own.acquireLock(name);
    expect(await own.acquireLock(name)).toMatchObject({ lease_id: first.lease_id });
    for (const other of [plain, make(), make({ session: true })]) {
      await expect(other.acquireLock(name)).rejects.toBeInstanceOf(LockHeldError);
    }
    await expect(own.lock(name, 60, { wait: false })).rejects.toBeInstanceOf(LockHeldError);
    await own.releaseLock(name, first.lease_id!);
  });

  it('takes turns with everybody else at one lock, never two at once', async () => {
    const CYCLES = 12;
    let inside = 0;
    let last = 0n;
    const holders = new Map<string, number>();
    const work = async (who: string, token: bigint): Promise<void> => {
      expect(++inside).toBe(1);
      expect(token).toBeGreaterThan(last);
      last = token;
      holders.set(who, (holders.get(who) ?? 0) + 1);
      await sleep(1);
      inside--;
    };
    const documented = async (who: string, client: ReturnType<typeof make>): Promise<void> => {
      for (let done = 0; done < CYCLES;) {
        try {
          const { lease_id, fencing_token } = await client.acquireLock(name, 60);
          await work(who, BigInt(fencing_token!));
          await client.releaseLock(name, lease_id!);
          done++;
        } catch (error) {
          if (!(error instanceof LockHeldError)) throw error;
          await sleep(3);
        }
      }
    };
    const patient = async (who: string, client: ReturnType<typeof make>): Promise<void> => {
      for (let done = 0; done < CYCLES; done++) {
        const { lease_id, fencing_token } = await client.acquireLock(name, 60, { wait: '20s' });
        await work(who, BigInt(fencing_token!));
        await client.releaseLock(name, lease_id!);
      }
    };
    const renewed = async (who: string, client: ReturnType<typeof make>): Promise<void> => {
      for (let done = 0; done < CYCLES; done++) {
        await client.withLock(name, 60, (lease) => work(who, lease.fencingToken));
      }
    };
    const streams = (who: string): Promise<unknown> =>
      lastValueFrom(
        range(CYCLES).pipe(
          concatMap(() => usingLock(locks.lock$(name, '30s'), (lease) => work(who, lease.fencingToken))),
        ),
        { defaultValue: undefined },
      );
    await Promise.all([
      documented('alice', make()),
      documented('bob', make({ token: server().tokens.bob })),
      patient('a session of alice', make({ session: true })),
      patient('another session of alice', make({ session: true })),
      renewed('withLock', make()),
      streams('lock$'),
    ]);
    expect([...holders.values()]).toEqual(Array.from({ length: 6 }, () => CYCLES));
    // Nobody waits for the release of what was unsubscribed from.
    await until(() => isFree(server(), name), 'the last release');
  });
});

describeWithOctoStore('lock, withLock and watchLock$', (server) => {
  const make = clients(server);
  let name: string;
  beforeEach(() => {
    name = anyName();
  });

  it('lock gives a lease that is renewed until it is released', async () => {
    const client = make();
    {
      await using lease = await client.lock(name, 1);
      const { expires_at } = await client.getLockStatus(name);
      await until(async () => (await client.getLockStatus(name)).expires_at !== expires_at, 'a renewal');
      expect(lease.isHeld).toBe(true);
      expect(lease.signal.aborted).toBe(false);
      const other = make();
      const error = await errorOf(other.lock(name, 1, { wait: false }));
      expect(error).toBeInstanceOf(LockHeldError);
      expect(error).toMatchObject({ holder_id: (await client.getLockStatus(name)).holder_id });
      const late = await errorOf(other.lock(name, 1, { wait: '1s' }));
      expect(late).toBeInstanceOf(LockHeldError);
      expect(late).toBeInstanceOf(root.LockTimeoutError);
      const { holder_id } = await client.getLockStatus(name);
      expect(late).toMatchObject({ holder_id, expires_at: expect.stringMatching(/^\d{4}-/) });
    }
    expect(await isFree(server(), name)).toBe(true);
  });

  it('lock can be cancelled', async () => {
    const { lease_id } = await make().acquireLock(name);
    const reason = new root.LockLostError('another lock was lost');
    const cancel = new AbortController();
    const pending = errorOf(make().lock(name, 60, { signal: cancel.signal }));
    cancel.abort(reason);
    expect(await pending).toBe(reason);
    await make().releaseLock(name, lease_id!);
    expect(await isFree(server(), name)).toBe(true);
  });

  it('withLock gives what the work gives, throws what it throws, and releases', async () => {
    const client = make();
    expect(await client.withLock(name, 60, (lease) => Promise.resolve(lease.name))).toBe(name);
    expect(await isFree(server(), name)).toBe(true);
    const theirs = new root.LockNetworkError('of another service');
    const work = (): never => {
      throw theirs;
    };
    expect(await errorOf(client.withLock(name, 60, work))).toBe(theirs);
    expect(await isFree(server(), name)).toBe(true);
    await make({ token: server().tokens.bob }).acquireLock(name);
    await expect(client.withLock(name, 60, work, { wait: false })).rejects.toBeInstanceOf(LockHeldError);
  });

  it('withLock tells its work and its caller that the lock was lost', async () => {
    const client = make();
    const lost = await errorOf(
      client.withLock(name, 1, async (lease) => {
        server().pause();
        try {
          await until(() => lease.signal.aborted, 'the loss');
        } finally {
          server().resume();
        }
      }),
    );
    expect(lost).toBeInstanceOf(root.LockLostError);
    expect(lost).toMatchObject({ name: 'LockError', reason: 'expired' });
  });

  it.each([
    ['the reason of its signal', (lease: Lease<bigint>) => lease.signal.throwIfAborted()],
    ['what assertHeld throws', (lease: Lease<bigint>) => lease.assertHeld()],
  ])('withLock throws its own error though the work throws %s', async (_, check) => {
    const lost = await errorOf(
      make().withLock(name, 1, async (lease) => {
        server().pause();
        try {
          await until(() => lease.signal.aborted, 'the loss');
          check(lease);
        } finally {
          server().resume();
        }
      }),
    );
    expect(lost).toBeInstanceOf(OctoStoreError);
    expect(lost).toBeInstanceOf(root.LockLostError);
    expect(lost).toMatchObject({ name: 'LockError', reason: 'expired', lockName: name });
  });

  it('withLock throws the loss of another lock, of which its work has told, as it is', async () => {
    const theirs = new root.LockLostError('another lock was lost', { name: 'another', reason: 'expired' });
    expect(await errorOf(make().withLock(name, 60, () => Promise.reject(theirs)))).toBe(theirs);
  });

  it('lock and withLock tell the status of a refusal', async () => {
    const stranger = make({ token: 'canary-token' });
    for (const error of await errorsOf([stranger.lock(name, 60), stranger.withLock(name, 60, () => 'x')])) {
      expect(error).toMatchObject({ name: 'AuthenticationError', status: 401 });
    }
  });

  it('lock throws NetworkError where nobody listens for as long as `wait`', async () => {
    const client = make({ baseUrl: 'http://127.0.0.1:1' });
    await expect(client.lock(name, 60, { wait: '50ms' })).rejects.toBeInstanceOf(NetworkError);
  });

  it('watchLock$ tells the status now and at each change', async () => {
    const client = make({ token: server().tokens.bob });
    const seen: unknown[] = [];
    const watching = client.watchLock$(name).subscribe((info) => seen.push([info.status, info.fencing_token]));
    await until(() => seen.length === 1, 'the first status');
    const holder = make();
    const { lease_id, fencing_token } = await holder.acquireLock(name);
    await until(() => seen.length === 2, 'the grant');
    await holder.releaseLock(name, lease_id!);
    await until(() => seen.length === 3, 'the release');
    watching.unsubscribe();
    expect(seen.map((one) => (one as [string])[0])).toEqual(['free', 'held', 'free']);
    expect(seen[1]).toEqual(['held', fencing_token]);
    const stranger = make({ token: 'wrong' });
    await expect(firstValueFrom(stranger.watchLock$(name))).rejects.toMatchObject({ name: 'AuthenticationError' });
  });

  it('watchLock$ errors when the client is closed', async () => {
    const client = make();
    const watched = errorOf(lastValueFrom(client.watchLock$(name)));
    await firstValueFrom(client.watchLock$(name));
    await client.close();
    expect(await watched).toBeInstanceOf(root.LockClosedError);
  });

  it('watchLock$ is closed for whoever asks again at once', async () => {
    const client = make();
    await firstValueFrom(client.watchLock$(name));
    const watched = errorOf(lastValueFrom(client.watchLock$(name).pipe(retry(1))));
    await client.close();
    expect(await watched).toBeInstanceOf(root.LockClosedError);
  });

  it('locks follows a token that was rotated', async () => {
    const tokens = server().tokens;
    const client = make({ token: tokens.bob });
    const lease = await client.lock(name, 60);
    const { token } = await client.rotateToken();
    Object.assign(tokens, { bob: token });
    const other = await client.lock(anyName(), 60);
    await lease.release();
    await other.release();
    expect(await isFree(server(), name)).toBe(true);
  });
});
