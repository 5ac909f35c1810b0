import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import { redis } from '../../../../src/backends/redis/index.js';
import { createLocks, LockConfigError, LockNetworkError, LockTimeoutError, type Locks } from '../../../../src/index.js';
import { theirs } from '../../../compat/redlock/support/their-redlock.js';
import { describeWithRedises } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';
import type { RedisServer } from '../../../support/redis-server.js';

const TTL = 1500;
const KEY = 'rxlock:';

describe('redis([a, b, c])', () => {
  it.each([
    ['no server', []],
    ['two servers', ['redis://127.0.0.1:1', 'redis://127.0.0.1:2']],
    ['four servers', [1, 2, 3, 4].map((port) => `redis://127.0.0.1:${String(port)}`)],
    ['a server twice', ['redis://127.0.0.1:1', 'redis://127.0.0.1:2', 'redis://127.0.0.1:1']],
    ['what is no client', [{}, {}, {}]],
  ])('refuses %s', (_, clients) => {
    expect(() => redis(clients as string[])).toThrow(LockConfigError);
  });

  it('has no fencing tokens, and its types say so', async () => {
    const backend = redis(['redis://127.0.0.1:1', 'redis://127.0.0.1:2', 'redis://127.0.0.1:3']);
    expect(backend.features.fencing).toBe(false);
    expectTypeOf(backend.features.fencing).toEqualTypeOf<false>();
    await backend.close();
  });
});

describeWithRedises('redis([a, b, c]), with servers that fail', (start) => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end()));
  });

  async function three(): Promise<readonly [RedisServer, RedisServer, RedisServer]> {
    return Promise.all([start(), start(), start()]);
  }

  function locks(servers: readonly { readonly port: number }[], prefix?: string): Locks {
    const urls = servers.map(({ port }) => `redis://127.0.0.1:${String(port)}`);
    const made = createLocks(redis(urls, { timeout: '300ms', ...(prefix === undefined ? {} : { prefix }) }));
    ends.push(() => made.close());
    return made;
  }

  async function proxied(servers: readonly RedisServer[]): Promise<readonly FaultProxy[]> {
    const proxies = await Promise.all(servers.map(({ port }) => FaultProxy.start(port)));
    ends.push(() => Promise.all(proxies.map((proxy) => proxy.stop())));
    return proxies;
  }

  async function having(servers: readonly RedisServer[], name: string): Promise<readonly unknown[]> {
    return Promise.all(servers.map((server) => server.ask('EXISTS', KEY + name)));
  }

  it('has a lock on all servers, with another value on each', async () => {
    const servers = await three();
    const lease = await locks(servers).acquire('all', '30s');
    await until(async () => (await having(servers, 'all')).every((one) => one === 1));
    const values = await Promise.all(servers.map((server) => server.ask('GET', `${KEY}all`)));
    expect(new Set(values).size).toBe(3);
    await lease.release();
    await until(async () => (await having(servers, 'all')).every((one) => one === 0));
  });

  it.each([
    ['killed', (server: RedisServer) => server.kill()],
    ['stopped dead', (server: RedisServer) => Promise.resolve(server.pause())],
    ['started again empty', (server: RedisServer) => server.restart({ isEmpty: true })],
  ])('keeps a lock, and keeps others out, if one server is %s', async (_, fail) => {
    const servers = await three();
    const [a, b] = [locks(servers), locks(servers)];
    const lease = await a.acquire('kept', TTL);
    await until(async () => (await having(servers, 'kept')).every((one) => one === 1));
    await fail(servers[1]);
    for (let round = 0; round < 3; round++) {
      await lease.extend();
      await expect(b.acquire('kept', TTL, { wait: '400ms' })).rejects.toThrow();
      expect(lease.isHeld).toBe(true);
    }
    await lease.release();
    servers[1].resume();
    await (await b.acquire('kept', TTL)).release();
  });

  it('grants locks while one server is gone', async () => {
    const servers = await three();
    await servers[0].kill();
    const ours = locks(servers);
    const lease = await ours.acquire('without', '30s');
    expect(await having(servers.slice(1), 'without')).toEqual([1, 1]);
    expect(await ours.status('without')).toMatchObject({ status: 'held' });
    await lease.release();
  });

  it('believes in a lock no longer than its deadline, if two servers are gone', async () => {
    const servers = await three();
    const before = performance.now();
    const lease = await locks(servers).acquire('alone', TTL);
    await Promise.all([servers[0].kill(), servers[1].kill()]);
    await expect(lease.extend()).rejects.toThrow();
    const end = performance.now() + TTL;
    let looked = before;
    for (; lease.isHeld; await sleep(1)) looked = performance.now();
    expect(looked).toBeLessThan(end);
  });

  it('grants nothing without a majority, and gives back what there is', async () => {
    const servers = await three();
    await Promise.all([servers[0].kill(), servers[1].kill()]);
    const ours = locks(servers);
    await expect(ours.acquire('few', '30s', { wait: '600ms' })).rejects.toThrow(LockNetworkError);
    await until(async () => (await servers[2].ask('EXISTS', `${KEY}few`)) === 0);
  });

  it('is refused by a majority alone, and gives back what the others granted', async () => {
    const servers = await three();
    for (const server of servers.slice(1)) await server.ask('SET', `${KEY}taken`, 'another', 'PX', 60_000);
    await expect(locks(servers).acquire('taken', '30s', { wait: '300ms' })).rejects.toThrow(LockTimeoutError);
    await until(async () => (await servers[0].ask('EXISTS', `${KEY}taken`)) === 0);
    expect(await servers[1].ask('GET', `${KEY}taken`)).toBe('another');
  });

  it('counts from the moment at which the round was asked for', async () => {
    const servers = await three();
    const proxies = await proxied(servers);
    const ours = locks(proxies);
    await (await ours.acquire('warm', '30s')).release();
    for (const proxy of proxies) proxy.delay(60);
    const before = performance.now();
    const lease = await ours.acquire('slow', TTL);
    const remaining = lease.remaining();
    expect(remaining).toBeLessThanOrEqual(0.8 * TTL - (performance.now() - before) + 50);
    expect(performance.now() - before).toBeGreaterThan(100);
    await lease.release();
  });

  it('counts the confirmations of one round only', async () => {
    const servers = await three();
    const proxies = await proxied(servers);
    const ours = locks(proxies);
    const lease = await ours.acquire('rounds', '4s');
    await until(async () => (await having(servers, 'rounds')).every((one) => one === 1));
    // One of them confirms in the first round, and another in the second.
    await Promise.all([proxies[0]!.refuse(), proxies[1]!.refuse()]);
    await expect(lease.extend('60s')).rejects.toThrow();
    await Promise.all([proxies[0]!.heal(), proxies[2]!.refuse()]);
    await expect(lease.extend('60s')).rejects.toThrow();
    expect(lease.remaining()).toBeLessThan(4000);
  });

  it('takes what a server grants late for a part of the lock, and gives it back with it', async () => {
    const servers = await three();
    const proxies = await proxied(servers);
    const ours = locks(proxies);
    await (await ours.acquire('warm', '30s')).release();
    await until(async () => (await having(servers, 'warm')).every((one) => one === 0));
    const held = proxies[2]!.hold(`${KEY}late`);
    const lease = await ours.acquire('late', '30s');
    await held.arrived;
    held.release();
    await until(async () => (await having(servers, 'late'))[2] === 1);
    await lease.release();
    await until(async () => (await having(servers, 'late')).every((one) => one === 0));
  });

  it('gives back what a server grants when the lock has been released already', async () => {
    const servers = await three();
    const proxies = await proxied(servers);
    const ours = locks(proxies);
    await (await ours.acquire('warm', '30s')).release();
    await until(async () => (await having(servers, 'warm')).every((one) => one === 0));
    const held = proxies[2]!.hold(`${KEY}after`);
    const lease = await ours.acquire('after', '30s');
    await held.arrived;
    await lease.release();
    held.release();
    await until(async () => (await having(servers, 'after')).every((one) => one === 0));
  });

  it('releases on a server that was out of reach, once it is there again', async () => {
    const servers = await three();
    const proxies = await proxied(servers);
    const ours = locks(proxies);
    const lease = await ours.acquire('returned', '30s');
    await until(async () => (await having(servers, 'returned')).every((one) => one === 1));
    await proxies[1]!.refuse();
    await lease.release();
    // The first try has failed by now; if it has not, it does what the next would.
    await sleep(200);
    await proxies[1]!.heal();
    await until(async () => (await having(servers, 'returned')).every((one) => one === 0));
  });

  it('excludes redlock on the same servers, with its prefix, and is excluded by it', async () => {
    const servers = await three();
    const ours = locks(servers, '');
    const clients = servers.map(({ port }) => new Redis(port));
    ends.push(() => {
      for (const client of clients) client.disconnect();
    });
    const redlock = new theirs.default(clients);
    const lease = await ours.acquire('shared', '30s');
    await expect(redlock.acquire(['shared'], 5000, { retryCount: 0 })).rejects.toThrow(theirs.ExecutionError);
    await lease.release();
    const lock = await redlock.acquire(['shared'], 5000);
    expect(await ours.tryAcquire('shared', '30s')).toBeNull();
    await lock.release();
  });

  it('tells whether it reaches a majority', async () => {
    const servers = await three();
    const ours = locks(servers);
    await ours.ping();
    await servers[0].kill();
    await ours.ping();
    await servers[1].kill();
    await expect(ours.ping()).rejects.toThrow(LockNetworkError);
    await expect(ours.status('any')).rejects.toThrow(LockNetworkError);
  });
});
