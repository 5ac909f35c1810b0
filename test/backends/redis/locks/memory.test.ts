import { afterEach, expect, it } from 'vitest';
import { LockCapacityError } from '../../../../src/index.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser, type Wanted } from './support/redis-user.js';
import { until } from '../../../support/poll.js';

const WAYS: readonly (readonly [title: string, wanted: Wanted])[] = [
  ['alone', {}],
  ['shared', { mode: 'shared' }],
  ['permits', { limit: 4, permits: 2 }],
];

describeWithRedis('a redis without memory left', (server) => {
  afterEach(async () => {
    await server().ask('CONFIG', 'SET', 'maxmemory', 0);
    await RedisUser.closeAll();
  });
  const user = (): RedisUser => new RedisUser(server().url);
  const fill = async (): Promise<void> => {
    await server().ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await server().ask('CONFIG', 'SET', 'maxmemory', 1);
    await expect(server().ask('SET', 'more', 'x')).rejects.toThrow('OOM');
  };

  it.each(WAYS)('keeps what is held, gives it back, and grants nothing new: %s', async (_, wanted) => {
    const [name, other] = [anyName(), anyName()];
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name, { ...wanted, ttl: 5000 });
    await fill();
    for (const wait of [true, false]) {
      const attempt = await two.ask(other, { ...wanted, wait }).over();
      expect(attempt.error).toBeInstanceOf(LockCapacityError);
      const kind = wanted.limit === undefined ? 'lock' : 'semaphore';
      expect((attempt.error as Error).message).toMatch(
        new RegExp(`^cannot acquire the ${kind} '${other}': .*OOM: .*maxmemory`),
      );
    }
    for (let times = 0; times < 3; times++)
      await expect(one.renew(grant)).resolves.toMatchObject({ outcome: 'renewed' });
    const left = Number(await server().ask('PTTL', `rxlock:{${name}}:${wanted.limit === undefined ? 'x' : 'sh'}`));
    expect(left).toBeGreaterThan(20_000);
    await expect(one.release(grant)).resolves.toMatchObject({ outcome: 'released' });
    expect(await keysOf(server(), name)).toEqual([wanted.limit === undefined ? 'f' : 'sf']);
    expect(await keysOf(server(), other)).toEqual([]);
  });

  it.each(WAYS)('keeps it taken for its least time: %s', async (_, wanted) => {
    const name = anyName();
    const one = user();
    const { grant } = await one.acquire(name, wanted);
    await fill();
    await expect(one.release(grant, 10_000)).resolves.toMatchObject({ outcome: 'released' });
    const left = Number(await server().ask('PTTL', `rxlock:{${name}}:${wanted.limit === undefined ? 'x' : 'sh'}`));
    expect(left).toBeGreaterThan(8000);
    expect(left).toBeLessThanOrEqual(10_000);
  });

  it.each(WAYS)('refuses who waits, and is free after that: %s', async (_, wanted) => {
    const name = anyName();
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name, wanted.limit === undefined ? {} : { ...wanted, permits: 4 });
    const waiting = await two.queue(name, wanted);
    await fill();
    await expect(one.release(grant)).resolves.toMatchObject({ outcome: 'released' });
    await waiting.over();
    expect(waiting.error).toBeInstanceOf(LockCapacityError);
    await server().ask('CONFIG', 'SET', 'maxmemory', 0);
    await one.acquire(name, wanted);
  });

  it.each(WAYS)('lets who holds it hand it on: %s', async (_, wanted) => {
    const name = anyName();
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name, wanted);
    await fill();
    const secret = await new Promise<string>((resolve, reject) => {
      one.backend.detach!(grant).subscribe({ next: resolve, error: reject });
    });
    const request = { name, ttl: 20_000, wait: false, holder: 'heir', stray: (): void => undefined };
    const adopted = await new Promise((resolve, reject) => {
      two.backend.adopt!(name, secret, request).subscribe({ next: resolve, error: reject });
    });
    expect(adopted).toMatchObject({ type: 'granted', grant: { fencingToken: grant.fencingToken } });
  });

  it('lets who waits leave', async () => {
    const name = anyName();
    const [one, two] = [user(), user()];
    const { grant } = await one.acquire(name);
    const waiting = await two.queue(name);
    await fill();
    waiting.leave();
    await until(async () => !(await keysOf(server(), name)).includes('q'), 'the end of the queue');
    await one.release(grant);
    expect(await keysOf(server(), name)).toEqual(['f']);
  });
});
