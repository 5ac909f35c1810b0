import { expect, it } from 'vitest';
import { AcquireTimeoutError, AuthError, LockError, stats } from '../../../../src/compat/dflockd/index.js';
import { describeWithDflockds } from '../../../support/dflockd-server.js';
import { TEST_TLS } from '../../../support/dflockd-tls.js';
import { until } from '../../../support/poll.js';
import { anyKey, errorOf, lockOf, semaphoreOf } from '../support/support.js';

const makers = [
  ['DistributedLock', lockOf],
  ['DistributedSemaphore', (options: Parameters<typeof lockOf>[0]) => semaphoreOf({ ...options, limit: 1 })],
] as const;

describeWithDflockds('the classes of the drop-in client', (start) => {
  it.each(makers)('%s acquires and releases', async (_name, make) => {
    const { port } = await start();
    const key = anyKey();
    const [a, b] = [make({ key, port, leaseTtlS: 20 }), make({ key, port, acquireTimeoutS: 0 })];
    expect(await a.acquire()).toBe(true);
    expect(a.token).toEqual(expect.any(String));
    expect(a.lease).toBe(20);
    expect(await b.acquire()).toBe(false);
    expect(b.token).toBeNull();
    await a.release();
    expect([a.token, a.lease]).toEqual([null, 0]);
    expect(await errorOf(a.release())).toBeInstanceOf(LockError);
    expect(await b.acquire()).toBe(true);
    b.close();
    expect(await errorOf(b.release())).toBeInstanceOf(LockError);
  });

  it.each(makers)('%s queues in two phases', async (_name, make) => {
    const { port } = await start();
    const key = anyKey();
    const [a, b] = [make({ key, port }), make({ key, port })];
    expect(await errorOf(a.wait())).toBeInstanceOf(LockError);
    expect(await a.enqueue()).toBe('acquired');
    expect(await a.wait(1)).toBe(true);
    expect(await b.enqueue()).toBe('queued');
    expect(b.token).toBeNull();
    const turn = b.wait(10);
    await a.release();
    expect(await turn).toBe(true);
    expect(b.lease).toBe(33);
    expect(await a.enqueue()).toBe('queued');
    expect(await a.wait(1)).toBe(false);
    expect(await errorOf(a.wait(1))).toBeInstanceOf(LockError);
    expect(await errorOf(b.wait(NaN).then(() => b.wait(-1)))).toBeInstanceOf(LockError);
  });

  it.each(makers)('%s runs work with withLock', async (_name, make) => {
    const { port } = await start();
    const key = anyKey();
    const [a, b] = [make({ key, port }), make({ key, port, acquireTimeoutS: 0 })];
    const result = await a.withLock(async () => {
      expect(a.token).not.toBeNull();
      const error = await errorOf(b.withLock(() => 1));
      expect(error).toBeInstanceOf(AcquireTimeoutError);
      return 7;
    });
    expect(result).toBe(7);
    const failure = new Error('of the work');
    expect(await errorOf(a.withLock(() => Promise.reject(failure)))).toBe(failure);
    expect(await b.acquire()).toBe(true);
  });

  it.each(makers)('%s starts anew with force', async (_name, make) => {
    const { port } = await start();
    const [a, b] = [make({ key: anyKey(), port }), make({ key: anyKey(), port })];
    await a.acquire();
    const { token } = a;
    expect(await errorOf(a.acquire())).toBeInstanceOf(LockError);
    expect(await errorOf(a.enqueue())).toBeInstanceOf(LockError);
    expect(a.token).toBe(token);
    expect(await a.acquire({ force: true })).toBe(true);
    expect(a.token).not.toBe(token);
    expect(await a.enqueue({ force: true })).toBe('acquired');
    const both = await Promise.allSettled([b.acquire(), b.acquire()]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('frees the lock with close, and calls nobody', async () => {
    const { port } = await start();
    const key = anyKey();
    const lost: string[] = [];
    const [a, b] = [lockOf({ key, port, onLockLost: (name) => lost.push(name) }), lockOf({ key, port })];
    await a.acquire();
    a.close();
    expect(a.token).toBeNull();
    expect(await b.acquire()).toBe(true);
    expect(lost).toEqual([]);
    expect(await errorOf(Promise.all([a.acquire(), Promise.resolve(a.close())]))).toBeInstanceOf(LockError);
  });

  it('uses the server that a key belongs to', async () => {
    const [one, two] = [await start(), await start()];
    const servers = [one, two].map(({ host, port }) => [host, port] as const);
    const key = anyKey();
    const lock = lockOf({ key, servers, shardingStrategy: (name, count) => (name === key ? count - 1 : 9) });
    await lock.acquire();
    expect((await stats(two)).locks.map((each) => each.key)).toEqual([key]);
    expect((await stats(one)).locks).toEqual([]);
    const bad = lockOf({ key, servers, shardingStrategy: () => 2 });
    expect(await errorOf(bad.acquire())).toBeInstanceOf(LockError);
  });

  it('says who it is', async () => {
    const { port } = await start({ auth: 'hunter2' });
    expect(await lockOf({ key: 'a', port, auth: 'hunter2' }).acquire()).toBe(true);
    for (const auth of ['wrong', undefined]) {
      const error = await errorOf(lockOf({ key: 'b', port, auth }).acquire());
      expect(error).toBeInstanceOf(AuthError);
      expect(String(error)).not.toContain('wrong');
      expect(await errorOf(stats({ port, auth }))).toBeInstanceOf(AuthError);
    }
  });

  it('speaks TLS', async () => {
    const { port } = await start({ tls: TEST_TLS });
    const tls = { ca: TEST_TLS.cert, servername: 'localhost' };
    expect(await lockOf({ key: 'a', port, tls }).acquire()).toBe(true);
    expect((await stats({ port, tls })).locks).toHaveLength(1);
    expect(await errorOf(lockOf({ key: 'a', port, tls: true }).acquire())).toBeInstanceOf(LockError);
  });

  it('keeps a lock whose lease is far longer than the read timeout, and a place in a queue', async () => {
    // Long enough for a busy machine to be heard in time.
    const { port } = await start({ readTimeout: 3 });
    const key = anyKey();
    const lost: string[] = [];
    const options = { key, port, readTimeoutS: 3, leaseTtlS: 600, onLockLost: () => lost.push('lost') };
    const [a, b] = [lockOf(options), lockOf(options)];
    await a.acquire();
    expect(await b.enqueue()).toBe('queued');
    // The time of the server's patience passes three times over.
    const end = performance.now() + 9000;
    await until(() => performance.now() > end);
    expect(lost).toEqual([]);
    const turn = b.wait(10);
    await a.release();
    expect(await turn).toBe(true);
  });
});
