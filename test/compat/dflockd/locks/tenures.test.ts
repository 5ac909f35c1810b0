import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { LockError, release, stats } from '../../../../src/compat/dflockd/index.js';
import { describeWithDflockd } from '../../../support/dflockd-server.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';
import { anyKey, closing, errorOf, lockOf, socketTo } from '../support/support.js';

describeWithDflockd('a lock that is given up at an odd moment', (server) => {
  /** With as many as are held on another connection. */
  async function waiters(key: string): Promise<number | undefined> {
    return (await stats(server())).locks.find((lock) => lock.key === key)?.waiters;
  }

  it('is not taken by an acquire that was closed', async () => {
    const { port } = server();
    const key = anyKey();
    const [holder, lock] = [lockOf({ key, port }), lockOf({ key, port })];
    await holder.acquire();
    const acquiring = errorOf(lock.acquire());
    await until(async () => (await waiters(key)) === 1, 'the waiter');
    lock.close();
    expect(await acquiring).toBeInstanceOf(LockError);
    expect(lock.token).toBeNull();
    await holder.release();
    expect(await lock.acquire()).toBe(true);
  });

  it('is not taken by an acquire that was closed before it began', async () => {
    const lock = lockOf({ key: anyKey(), port: server().port });
    const acquiring = errorOf(lock.acquire());
    lock.close();
    expect(await acquiring).toBeInstanceOf(LockError);
    expect(lock.token).toBeNull();
    expect(await lock.acquire()).toBe(true);
  });

  it('is taken by the last who forces it', async () => {
    const { port } = server();
    const lock = lockOf({ key: anyKey(), port });
    await lock.acquire();
    const all = await Promise.allSettled([1, 2, 3].map(() => lock.acquire({ force: true })));
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(lock.token).not.toBeNull();
    const lockAgain = lockOf({ key: lock.key, port, acquireTimeoutS: 0 });
    expect(await lockAgain.acquire()).toBe(false);
    await lock.release();
    expect(await lockAgain.acquire()).toBe(true);
  });

  it('is free for oneself as soon as it is being released', async () => {
    const lock = lockOf({ key: anyKey(), port: server().port, acquireTimeoutS: 0 });
    for (let i = 0; i < 20; i++) {
      expect(await lock.acquire()).toBe(true);
      const released = lock.release();
      expect(lock.token).toBeNull();
      expect(await lock.enqueue()).toBe('acquired');
      await released;
      await lock.release();
    }
  });

  it('is asked for again when its release is answered, and not before', async () => {
    const proxy = await FaultProxy.start(server().port);
    closing({ close: () => void proxy.stop() });
    const lock = lockOf({ key: anyKey(), port: proxy.port, acquireTimeoutS: 0 });
    await lock.acquire();
    const release = proxy.hold('r\n');
    const released = lock.release();
    await release.arrived;
    const again = lock.acquire();
    // Enough for what goes by another connection to be answered.
    for (let i = 0; i < 10; i++) await stats(server());
    release.release();
    expect(await again).toBe(true);
    await released;
  });

  it('leaves nothing behind', async () => {
    const { port } = server();
    const before = (await stats(server())).connections;
    const key = anyKey();
    const [a, b] = [lockOf({ key, port }), lockOf({ key, port, acquireTimeoutS: 0 })];
    await a.withLock(() => 1);
    await a.acquire();
    await b.acquire();
    await b.enqueue();
    expect(await b.wait(0)).toBe(false);
    await a.release();
    await until(async () => (await stats(server())).connections <= before, 'the end of the connections');
  });

  it('is asked for anew when the connection broke in its queue', async () => {
    const proxy = await FaultProxy.start(server().port);
    closing({ close: () => void proxy.stop() });
    const key = anyKey();
    const [holder, lock] = [lockOf({ key, port: server().port }), lockOf({ key, port: proxy.port })];
    await holder.acquire();
    expect(await lock.enqueue()).toBe('queued');
    expect(await errorOf(lock.enqueue())).toBeInstanceOf(LockError);
    proxy.reset();
    await until(() => proxy.connections === 0);
    await until(async () => (await lock.enqueue().catch(() => '')) === 'queued', 'a new place');
  });

  it('is released while a renewal is under way', async () => {
    const proxy = await FaultProxy.start(server().port);
    closing({ close: () => void proxy.stop() });
    const key = anyKey();
    const lost: string[] = [];
    const lock = lockOf({ key, port: proxy.port, leaseTtlS: 1, onLockLost: (name) => lost.push(name) });
    await lock.acquire();
    const renewal = proxy.hold('n\n');
    await renewal.arrived;
    const released = lock.release();
    renewal.release();
    await released;
    expect(await lockOf({ key, port: server().port, acquireTimeoutS: 0 }).acquire()).toBe(true);
    expect(lost).toEqual([]);
  });

  it('is not believed in by a process that stood still', async () => {
    const lost: string[] = [];
    const lock = lockOf({ key: anyKey(), port: server().port, leaseTtlS: 1, onLockLost: (name) => lost.push(name) });
    await lock.acquire();
    // Nothing runs meanwhile: no timer can tell.
    const end = performance.now() + 850;
    while (performance.now() < end);
    expect([lock.token, lock.lease]).toEqual([null, 0]);
    expect(lost).toEqual([lock.key]);
    expect(await errorOf(lock.release())).toBeInstanceOf(LockError);
    expect(await lock.acquire()).toBe(true);
    await sleep(0);
    expect(lost).toHaveLength(1);
  });

  it('is not given back by work that did not take it', async () => {
    const lock = lockOf({ key: anyKey(), port: server().port });
    await lock.withLock(() => lock.acquire({ force: true }));
    expect(lock.token).not.toBeNull();
  });

  it('is no lock any more when its lease ran out in the queue', async () => {
    const { port } = server();
    const key = anyKey();
    const [holder, late, next] = [lockOf({ key, port }), lockOf({ key, port, leaseTtlS: 1 }), lockOf({ key, port })];
    await holder.acquire();
    expect(await late.enqueue()).toBe('queued');
    await holder.release();
    expect(await next.acquire()).toBe(true);
    const error = await errorOf(late.wait(5));
    expect(error).toBeInstanceOf(LockError);
    expect(error).toMatchObject({ code: 'ERR_LOCK_LOST', message: expect.stringContaining(key) as string });
    expect([late.token, next.token === null]).toEqual([null, false]);
    expect(await errorOf(late.release())).toBeInstanceOf(LockError);
    expect(await late.enqueue()).toBe('queued');
  });

  it('says so when somebody else has given it back, unless that was not asked', async () => {
    const { port } = server();
    const lock = lockOf({ key: anyKey(), port });
    const sock = await socketTo(port);
    await lock.acquire();
    await release(sock, lock.key, lock.token!);
    expect(await errorOf(lock.release())).toBeInstanceOf(LockError);
    expect(await lock.withLock(() => release(sock, lock.key, lock.token!).then(() => 7))).toBe(7);
  });

  it('shows no token', async () => {
    const lock = lockOf({ key: anyKey(), port: server().port });
    await lock.acquire();
    const shown = inspect(lock, { depth: 9, showHidden: true }) + JSON.stringify(lock);
    expect(shown).not.toContain(lock.token);
  });

  it('nests with others, not with itself', async () => {
    const { port } = server();
    const [a, b] = [lockOf({ key: anyKey(), port }), lockOf({ key: anyKey(), port })];
    await a.withLock(() =>
      b.withLock(async () => {
        const error = await errorOf(a.withLock(() => 1));
        expect(error).toBeInstanceOf(LockError);
        expect(a.token).not.toBeNull();
      }),
    );
  });
});
