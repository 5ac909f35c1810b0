import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LockNetworkError } from '../../../../src/index.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser, type Wanted } from './support/redis-user.js';
import { recorded, wrapped } from './support/wrapped.js';

const WAYS: readonly (readonly [title: string, wanted: Wanted])[] = [
  ['alone', {}],
  ['alone, by the long way', { wait: true }],
  ['shared', { mode: 'shared', wait: false }],
  ['permits', { limit: 4, permits: 2, wait: false }],
];

describeWithRedis('time', (server) => {
  let proxy: FaultProxy;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
  });
  afterEach(async () => {
    await server().ask('CLIENT', 'UNPAUSE');
    await proxy.heal();
    await RedisUser.closeAll();
    await proxy.stop();
  });
  const through = (): RedisUser => new RedisUser(`redis://127.0.0.1:${String(proxy.port)}`, { timeout: '1s' });

  it.each(WAYS)('takes nothing, and renews nothing, however late the question arrives: %s', async (_, wanted) => {
    const name = anyName();
    const calls: (readonly string[])[] = [];
    const user = new RedisUser(recorded(server().url, calls), { timeout: '300ms' });
    const { grant } = await user.acquire(name, wanted);
    await user.renew(grant, 3_600_000);
    await user.release(grant);
    const [acquiring, renewing, releasing] = [calls.at(0)!, calls.at(-2)!, calls.at(-1)!];
    await sleep(350);
    await expect(server().ask('EVALSHA', ...acquiring)).resolves.toEqual([expect.any(Number)]);
    expect((await keysOf(server(), name)).filter((key) => !key.endsWith('f'))).toEqual([]);
    await expect(server().ask('EVALSHA', ...renewing)).resolves.toEqual([expect.any(Number)]);
    // To give it back is never too late.
    await expect(server().ask('EVALSHA', ...releasing)).resolves.toEqual([expect.any(Number), 0]);
  });

  it('takes it in time although the clock of the server was set forward', async () => {
    const calls: (readonly string[])[] = [];
    let ahead = 0;
    const client = wrapped(server().url, async (call, command, args) => {
      if (command !== 'evalsha') return call(command, args);
      calls.push(args);
      // Its clock is this much ahead: what is asked is earlier, and what it answers later.
      const limit = 2 + Number(args[1]);
      const asked = args.map((arg, index) => (index === limit && arg !== '0' ? String(Number(arg) - ahead) : arg));
      const [now, ...replies] = (await call(command, asked)) as [number];
      return [now + ahead, ...replies];
    });
    const user = new RedisUser(client, { timeout: '5s' });
    const first = await user.acquire(anyName());
    ahead = 3_600_000;
    const { grant } = await user.acquire(anyName());
    await expect(user.renew(first.grant)).resolves.toMatchObject({ outcome: 'renewed' });
    // The first was too late by its clock, which told what it shows.
    expect(calls.length).toBe(4);
    ahead = -3_600_000;
    await user.release(grant);
    await user.acquire(anyName());
    const limits = calls.map((args) => Number(args[2 + Number(args[1])]) - Date.now());
    expect(limits.at(-1)).toBeLessThanOrEqual(ahead + 5000);
  });

  it.each(WAYS)('takes nothing for who has given up while the server was paused: %s', async (_, wanted) => {
    const name = anyName();
    const user = through();
    await user.status(name);
    await server().ask('CLIENT', 'PAUSE', 3000, 'ALL');
    const { error } = await user.ask(name, wanted).over();
    expect(error).toBeInstanceOf(LockNetworkError);
    await until(async () => (await server().ask('PING')) === 'PONG');
    const keys = async (): Promise<readonly string[]> =>
      (await keysOf(server(), name)).filter((key) => !key.endsWith('f'));
    expect(await keys()).toEqual([]);
    await sleep(100);
    expect(await keys()).toEqual([]);
  });

  it.each(WAYS)('gives back what was granted meanwhile: %s', async (_, wanted) => {
    const name = anyName();
    const user = through();
    await user.status(name);
    const lost = proxy.loseReply(name, 'silence');
    const { error } = await user.ask(name, wanted).over();
    await lost;
    expect(error).toBeInstanceOf(LockNetworkError);
    await until(async () => (await keysOf(server(), name)).every((key) => key.endsWith('f')), 'its return');
  });

  it.each(WAYS)('has tokens that grow though the clock of the server was set back: %s', async (_, wanted) => {
    const name = anyName();
    const key = `rxlock:{${name}}:${wanted.limit === undefined ? 'f' : 'sf'}`;
    const user = new RedisUser(server().url);
    // The last token is of a time that the clock will show in an hour.
    const future = (BigInt(Date.now()) + 3_600_000n) * 1000n;
    await server().ask('SET', key, String(future));
    for (let times = 1n; times <= 3n; times++) {
      const { grant } = await user.acquire(name, wanted);
      expect(grant.fencingToken).toBe(future + times);
      await expect(user.status(name)).resolves.toMatchObject(
        wanted.limit === undefined ? { fencingToken: future + times } : {},
      );
      await user.release(grant);
    }
    expect(Number(await server().ask('PTTL', key))).toBeGreaterThan(3_500_000);
  });

  it('counts in microseconds of the server, exactly', async () => {
    const name = anyName();
    const user = new RedisUser(server().url);
    const [before, , after] = [Date.now() - 1000, await user.acquire(name), Date.now() + 1000];
    const token = String(await server().ask('GET', `rxlock:{${name}}:f`));
    expect(token).toMatch(/^\d{16}$/);
    expect(Number(token) / 1000).toBeGreaterThan(before);
    expect(Number(token) / 1000).toBeLessThan(after);
  });

  it('holds it for its lock delay after it has run out, but not after a release', async () => {
    const name = anyName();
    const [one, two] = [1, 2].map(() => new RedisUser(server().url, { lockDelay: '700ms' })) as [RedisUser, RedisUser];
    for (const wanted of [{}, { mode: 'shared' }, { limit: 1, permits: 1 }] as const) {
      const { grant } = await one.acquire(name, wanted);
      await one.release(grant);
      const again = await two.acquire(name, { ...wanted, ttl: 1000, wait: false });
      const at = performance.now();
      await sleep(1050);
      await expect(two.renew(again.grant)).resolves.toMatchObject({ outcome: 'refused' });
      await expect(
        one.ask(name, { limit: wanted.limit, permits: wanted.permits, wait: false }).over(),
      ).resolves.toMatchObject({ types: ['held'] });
      await one.release((await one.acquire(name, wanted.limit === undefined ? {} : wanted)).grant);
      expect(performance.now() - at).toBeGreaterThan(1650);
    }
  });

  it('renews a lock for its whole ttl and lock delay', async () => {
    const name = anyName();
    const user = new RedisUser(server().url, { lockDelay: '5s' });
    for (const wanted of [{}, { mode: 'shared' }] as const) {
      const { grant } = await user.acquire(name, { ...wanted, ttl: 10_000 });
      await expect(user.renew(grant, 20_000)).resolves.toMatchObject({ outcome: 'renewed', bounds: [{ ttl: 20_000 }] });
      const left = Number(await server().ask('PTTL', `rxlock:{${name}}:x`));
      expect(left).toBeGreaterThan(23_000);
      expect(left).toBeLessThanOrEqual(25_000);
      await user.release(grant);
    }
  });

  it('keeps it taken for its least time, and then gives it to who waits', async () => {
    for (const wanted of [{}, { mode: 'shared' }, { limit: 1, permits: 1 }] as const) {
      const name = anyName();
      const [one, two] = [new RedisUser(server().url), new RedisUser(server().url)];
      const { grant } = await one.acquire(name, wanted);
      const waiting = await two.queue(name, wanted.limit === undefined ? {} : wanted);
      const at = performance.now();
      await expect(one.release(grant, 700)).resolves.toMatchObject({ outcome: 'released' });
      await waiting.granted();
      expect(performance.now() - at).toBeGreaterThan(690);
    }
  });
});
