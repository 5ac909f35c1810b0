import { Mutex } from 'redis-semaphore';
import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { redis } from '../../../../src/backends/redis/index.js';
import { createLocks, LockConfigError, type Locks } from '../../../../src/index.js';
import { theirs } from '../../../compat/redlock/support/their-redlock.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';

const AT_ONCE = { retryCount: 0 };
const TURNS = 10;

describeWithRedis("redis(…, { keys: 'plain' }) beside what runs today", (server) => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  function locks(prefix?: string): Locks {
    const made = createLocks(redis(server().url, { keys: 'plain', ...(prefix === undefined ? {} : { prefix }) }));
    ends.push(() => made.close());
    return made;
  }

  function client(): Redis {
    const made = new Redis(server().port, '127.0.0.1');
    ends.push(() => {
      made.disconnect();
    });
    return made;
  }

  it('excludes redlock, and is excluded by it', async () => {
    const ours = locks();
    const redlock = new theirs.default([client()]);
    const lease = await ours.acquire('locks:account:1', '30s');
    await expect(redlock.acquire(['locks:account:1'], 5000, AT_ONCE)).rejects.toThrow(theirs.ExecutionError);
    await lease.release();
    const lock = await redlock.acquire(['locks:account:1'], 5000, AT_ONCE);
    expect(await ours.tryAcquire('locks:account:1', '30s')).toBeNull();
    const waiting = ours.acquire('locks:account:1', '30s');
    await lock.release();
    await (await waiting).release();
  });

  it('excludes redis-semaphore, and is excluded by it, with its prefix', async () => {
    const ours = locks('mutex:');
    const mutex = new Mutex(client(), 'report', { lockTimeout: 30_000, acquireAttemptsLimit: 1 });
    const lease = await ours.acquire('report', '30s');
    expect(await mutex.tryAcquire()).toBe(false);
    await lease.release();
    expect(await mutex.tryAcquire()).toBe(true);
    expect(await ours.tryAcquire('report', '30s')).toBeNull();
    await mutex.release();
    await (await ours.acquire('report', '30s')).release();
  });

  it('takes turns with both of them on one key', async () => {
    const ours = locks();
    const redlock = new theirs.default([client()]);
    const semaphores = client();
    let inside = 0;
    let turns = 0;
    const turn = async (): Promise<void> => {
      expect(++inside).toBe(1);
      await server().ask('PING');
      inside--;
      turns++;
    };
    const often = { retryCount: -1, retryDelay: 5, retryJitter: 5 };
    const workers = [
      () => ours.using('mutex:turns', '5s', turn, { retry: { initial: '5ms', max: '10ms' } }),
      () => redlock.using(['mutex:turns'], 5000, often, turn),
      async () => {
        const mutex = new Mutex(semaphores, 'turns', { retryInterval: 5 });
        await mutex.acquire();
        await turn();
        await mutex.release();
      },
    ];
    await Promise.all(
      workers.map(async (work) => {
        for (let i = 0; i < TURNS; i++) await work();
      }),
    );
    expect(turns).toBe(TURNS * workers.length);
  });

  it('writes one string with a ttl, and nothing else', async () => {
    const ours = locks();
    const lease = await ours.acquire('only', '30s', { metadata: 'ignored' });
    expect(lease.fencingToken).toBeUndefined();
    expect(await server().ask('KEYS', '*only*')).toEqual(['only']);
    expect(await server().ask('GET', 'only')).toMatch(/^[0-9a-f]{24}$/);
    expect(await server().ask('PTTL', 'only')).toBeGreaterThan(20_000);
    await lease.release();
    expect(await server().ask('EXISTS', 'only')).toBe(0);
  });

  it('keeps a lock taken for redlock as well, until its minHold is over', async () => {
    const ours = locks();
    const redlock = new theirs.default([client()]);
    const lease = await ours.acquire('kept', '30s', { minHold: '20s' });
    await lease.release();
    await expect(redlock.acquire(['kept'], 5000, AT_ONCE)).rejects.toThrow(theirs.ExecutionError);
    expect(await server().ask('PTTL', 'kept')).toBeGreaterThan(10_000);
  });

  it('loses a lock that another has taken, and leaves that alone', async () => {
    const ours = locks();
    const lease = await ours.acquire('stolen', '30s');
    await server().ask('SET', 'stolen', 'another');
    await expect(lease.extend()).rejects.toThrow();
    await lease.release();
    expect(await server().ask('GET', 'stolen')).toBe('another');
  });

  it('says so if the key is somebody else’s data', async () => {
    await server().ask('LPUSH', 'list', 'data');
    await expect(locks().acquire('list', '30s', { wait: '5s' })).rejects.toThrow(LockConfigError);
    expect(await server().ask('LLEN', 'list')).toBe(1);
  });

  it('asks for many locks, renews and releases them with one call each', async () => {
    const ours = locks();
    const names = Array.from({ length: 50 }, (_, index) => `many/${String(index)}`);
    await (await ours.acquire('first', '30s')).release();
    const before = await calls();
    const leases = await Promise.all(names.map((name) => ours.acquire(name, '30s')));
    await Promise.all(leases.map((lease) => lease.extend()));
    await Promise.all(leases.map((lease) => lease.release()));
    // The first renewal finds that the script is not there.
    expect((await calls()) - before).toBeLessThanOrEqual(3 + 1);
  });

  async function calls(): Promise<number> {
    const text = String(await server().ask('INFO', 'commandstats'));
    const counts = [...text.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].map(([, count]) => Number(count));
    return counts.reduce((sum, count) => sum + count, 0);
  }
});
