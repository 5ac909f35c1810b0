import { setTimeout as sleep } from 'node:timers/promises';
import { filter, firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { socket } from '../../../src/backends/socket/index.js';
import type { LocksEvent } from '../../../src/contract/lease.js';
import type { Locks } from '../../../src/contract/locks.js';
import { createLocks } from '../../../src/locks/create-locks.js';
import { listenNative } from '../../server/native/support/listen.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';

describe('locks on the server of this package', () => {
  let server: Awaited<ReturnType<typeof listenNative>>;
  let proxy: FaultProxy;
  let locks: Locks<bigint>;
  let others: Locks<bigint>;
  const events: LocksEvent[] = [];
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  beforeEach(async () => {
    server = await listenNative();
    proxy = await FaultProxy.start(server.port);
    locks = createLocks(socket({ url: `ws://127.0.0.1:${String(proxy.port)}` }));
    others = createLocks(socket({ url: server.url }));
    events.length = 0;
    locks.events$.subscribe((event) => events.push(event));
  });
  afterEach(async () => {
    await Promise.all([locks.close(), others.close()]);
    await proxy.stop();
    await server[Symbol.asyncDispose]();
  });

  it('are held for as long as they are wanted, many of them', async () => {
    const leases = await Promise.all(Array.from({ length: 200 }, (_, i) => locks.acquire(`lock-${String(i)}`, '1s')));
    await sleep(2500);
    expect(leases.filter(({ isHeld }) => isHeld)).toHaveLength(200);
    expect(await others.tryAcquire('lock-7', '1s')).toBeNull();
    await Promise.all(leases.map((lease) => lease.release()));
    expect(await others.list()).toEqual([]);
    expect(count('lost')).toBe(0);
  });

  it('have one limit, if they are semaphores, and who has another is told both', async () => {
    await locks.acquire('s', '30s', { limit: 3 });
    await expect(others.acquire('s', '30s', { limit: 2 })).rejects.toMatchObject({
      code: 'ERR_LOCK_VALIDATION',
      option: 'limit',
      message: expect.stringMatching(
        /could not acquire the semaphore "s": limit 2 differs from the limit 3 that others use$/,
      ),
    });
  });

  it('outlive a short cut, as do places in the queue', async () => {
    const lease = await locks.acquire('a', '2s');
    const blocking = await others.acquire('b', '30s');
    const waiting = locks.acquire('b', '2s');
    await until(() => count('waiting') === 1);
    const third = createLocks(socket({ url: server.url }));
    const behind = third.acquire('b', '2s');
    await until(async () => (await others.status('b')).waiters === 2);
    for (let i = 0; i < 5; i++) {
      proxy.reset();
      await sleep(50);
    }
    await until(() => count('renewed') > 1);
    await blocking.release();
    const mine = await waiting;
    expect(lease.isHeld).toBe(true);
    await mine.release();
    await (await behind).release();
    await third.close();
    expect(count('lost')).toBe(0);
  });

  it("are nobody else's while they are believed in, though an outage comes before they are renewed first", async () => {
    const TTL = 4000;
    // What is older than two ttls must not be taken for the time at which nobody asked for a lock any more.
    await sleep(Math.max(0, 2 * TTL + 100 - performance.now()));
    const [first, second] = [await locks.acquire('a', TTL), await locks.acquire('b', TTL)];
    const waiting = others.acquire('a', TTL);
    expect(first.isHeld).toBe(true);
    await proxy.refuse();
    await sleep(TTL / 10);
    await proxy.heal();
    await until(() => count('renewed') > 1 || count('lost') > 0, 'a renewal of both');
    expect(count('lost')).toBe(0);
    await first.release();
    await (await waiting).release();
    await second.release();
  });

  it('are handed on to another client', async () => {
    const lease = await locks.acquire('a', '30s', { metadata: 'mine' });
    const handle = await lease.detach();
    const adopted = await others.adopt(handle);
    expect(adopted.fencingToken).toBe(lease.fencingToken);
    expect(adopted.metadata).toBe('mine');
    await adopted.release();
    expect((await others.status('a')).status).toBe('free');
  });

  it('are taken away by whoever runs the system', async () => {
    const lease = await locks.acquire('a', '30s');
    const lost = firstValueFrom(locks.events$.pipe(filter(({ type }) => type === 'lost')));
    await others.revoke('a');
    expect(await lost).toMatchObject({ reason: 'revoked' });
    expect(lease.isHeld).toBe(false);
  });

  it('are not kept for work that was given up', async () => {
    const held = await locks.acquire('b', '1s');
    const stop = new AbortController();
    const working = locks.using('a', '1s', () => new Promise(() => undefined), {
      until: new Promise((resolve) => {
        stop.signal.addEventListener('abort', resolve);
      }),
      drainTimeout: '100ms',
    });
    working.catch(() => undefined);
    await until(() => count('acquired') === 2);
    stop.abort();
    await expect(others.acquire('a', '1s', { wait: '10s' })).resolves.toMatchObject({ name: 'a' });
    expect(held.isHeld).toBe(true);
  });

  it('leave nothing behind, however often they are taken', async () => {
    const round = async (): Promise<void> => {
      await Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          const lease = await locks.acquire(`lock-${String(i % 10)}`, '30s');
          await lease.release();
        }),
      );
    };
    for (let i = 0; i < 20; i++) await round();
    expect(await others.list()).toEqual([]);
    expect(proxy.opened).toBe(1);
    await locks.close();
    await until(() => proxy.connections === 0, 'the end of the connection');
  });
});
