import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { anyName, RedisUser } from './support/redis-user.js';
import { wrapped } from './support/wrapped.js';

describeWithRedis('who asks for what was wanted a moment ago', (server) => {
  afterEach(() => RedisUser.closeAll());

  /** A client that has waited for a lock, and what it has sent since: commands, and of scripts the number of their keys. */
  async function waited(name: string): Promise<{ other: RedisUser; user: RedisUser; sent: readonly string[] }> {
    const sent: string[] = [];
    const client = wrapped(server().url, (call, command, args) => {
      sent.push(command === 'evalsha' ? args[1]! : command);
      return call(command, args);
    });
    const [other, user] = [new RedisUser(server().url), new RedisUser(client)];
    const { grant } = await other.acquire(name);
    const waiting = await user.queue(name);
    await other.release(grant);
    await user.release((await waiting.granted()).grant);
    // Longer than a wait is asked about by itself.
    await sleep(1100);
    sent.length = 0;
    return { other, user, sent };
  }

  it('has his place with one question', async () => {
    const name = anyName();
    const { other, user, sent } = await waited(name);
    await other.acquire(name);
    await user.queue(name);
    expect(sent[0]).toBe('6');
    expect(sent.slice(1)).not.toContain('6');
  });

  it('goes the short way again once it was free', async () => {
    const name = anyName();
    const { user, sent } = await waited(name);
    for (let times = 0; times < 2; times++) await user.release((await user.acquire(name)).grant);
    expect(sent).toEqual(['6', '6', '2', '2']);
  });

  // Who is kept for half a second proves that he hears.
  it('has it with two questions where he waits for a moment, and nothing else is sent', { retry: 3 }, async () => {
    const name = anyName();
    const { other, user, sent } = await waited(name);
    const { grant } = await other.acquire(name);
    const waiting = await user.queue(name);
    await other.release(grant);
    await waiting.granted();
    expect(sent).toEqual(['6', '6']);
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
