import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { anyName, RedisUser } from './support/redis-user.js';
import { recorded } from './support/wrapped.js';

describeWithRedis('who asks for what was wanted a moment ago', (server) => {
  afterEach(() => RedisUser.closeAll());

  /** A client that has waited for a lock, and by how many keys it was asked for since. */
  async function waited(name: string): Promise<{ other: RedisUser; user: RedisUser; asked: () => readonly string[] }> {
    const calls: (readonly string[])[] = [];
    const [other, user] = [new RedisUser(server().url), new RedisUser(recorded(server().url, calls))];
    const { grant } = await other.acquire(name);
    const waiting = await user.queue(name);
    await other.release(grant);
    await user.release((await waiting.granted()).grant);
    // Longer than a wait is asked about by itself.
    await sleep(1100);
    calls.length = 0;
    return { other, user, asked: () => calls.map(([, keys]) => keys!) };
  }

  it('has his place with one question', async () => {
    const name = anyName();
    const { other, user, asked } = await waited(name);
    await other.acquire(name);
    await user.queue(name);
    expect(asked()).toEqual(['6']);
  });

  it('goes the short way again once it was free', async () => {
    const name = anyName();
    const { user, asked } = await waited(name);
    for (let times = 0; times < 2; times++) await user.release((await user.acquire(name)).grant);
    expect(asked()).toEqual(['6', '6', '2', '2']);
  });
});

describeWithRedis('what is asked for in one turn for different times', (server) => {
  afterEach(() => RedisUser.closeAll());

  it('has each its own', async () => {
    const names = [anyName(), anyName(), anyName()];
    const ttls = [10_000, 20_000, 30_000];
    const user = new RedisUser(server().url);
    const granted = await Promise.all(
      names.map((name, index) => user.acquire(name, { ttl: ttls[index]!, metadata: `of ${String(index)}` })),
    );
    const lefts = (): Promise<readonly number[]> =>
      Promise.all(names.map(async (name) => Number(await server().ask('PTTL', `rxlock:{${name}}:x`))));
    const expectLefts = async (most: readonly number[]): Promise<void> => {
      for (const [index, left] of (await lefts()).entries()) {
        expect(left).toBeLessThanOrEqual(most[index]!);
        expect(left).toBeGreaterThan(most[index]! - 9000);
      }
    };
    await expectLefts(ttls);
    const metadata = await Promise.all(names.map(async (name) => (await user.status(name)).metadata));
    expect(metadata).toEqual(['of 0', 'of 1', 'of 2']);
    const longer = [40_000, 50_000, 60_000];
    await Promise.all(granted.map(({ grant }, index) => user.renew(grant, longer[index])));
    await expectLefts(longer);
  });
});
