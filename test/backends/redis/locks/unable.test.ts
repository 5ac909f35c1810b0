import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { keysOf } from './support/keys-of.js';
import { expectInTurn } from './support/expect-in-turn.js';
import { anyName, RedisUser } from './support/redis-user.js';
import { wrapped } from './support/wrapped.js';

/** Longer than somebody may be silent. Milliseconds. */
const LONG = 5500;
const ANSWERS = [
  'TRYAGAIN Multiple keys request during rehashing of slot',
  'CLUSTERDOWN The cluster is down',
  'MOVED 1234 127.0.0.1:1',
  'LOADING Redis is loading the dataset in memory',
  'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
];

vi.setConfig({ testTimeout: 60_000 });

describeWithRedis('a server that cannot answer for a while', (server) => {
  afterEach(() => RedisUser.closeAll());

  /** Somebody whose scripts the server refuses while it says something. */
  function userOf(said: () => string | undefined): RedisUser {
    return new RedisUser(
      wrapped(server().url, (call, command, args) => {
        const answer = said();
        return answer !== undefined && command.startsWith('eval')
          ? Promise.reject(new Error(answer))
          : call(command, args);
      }),
    );
  }

  it.each(ANSWERS)('keeps the places of those who wait, and their order: %s', async (answer) => {
    const name = anyName();
    let said: string | undefined;
    const users = [0, 1, 2].map(() => userOf(() => said));
    const holder = new RedisUser(server().url);
    const { grant } = await holder.acquire(name);
    const waiting = [];
    for (const user of users) waiting.push(await user.queue(name));
    said = answer;
    await sleep(LONG);
    expect(waiting.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    said = undefined;
    // He does not know what the others could not do.
    await holder.release(grant);
    await expectInTurn(users, waiting);
    await until(async () => (await keysOf(server(), name)).every((key) => key.endsWith('f')), 'no queue');
  });

  it('tells who waits after a while that it cannot', async () => {
    const name = anyName();
    let said: string | undefined;
    const user = userOf(() => said);
    await new RedisUser(server().url).acquire(name);
    const attempt = await user.queue(name);
    said = ANSWERS[0];
    user.clock.advance(60_000);
    await until(() => attempt.error !== undefined, 'the error');
    expect(attempt.error).toMatchObject({
      code: 'ERR_LOCK_NETWORK',
      message: expect.stringMatching(/TRYAGAIN/) as string,
    });
    said = undefined;
  });
});
