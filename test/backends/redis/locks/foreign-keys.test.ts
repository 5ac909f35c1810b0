import { afterEach, expect, it } from 'vitest';
import { LockConfigError } from '../../../../src/index.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser, type Wanted } from './support/redis-user.js';

const WAYS: readonly (readonly [title: string, wanted: Wanted])[] = [
  ['alone', {}],
  ['alone, without waiting', { wait: false }],
  ['shared', { mode: 'shared' }],
  ['permits', { limit: 3, permits: 1 }],
];

describeWithRedis('a key that somebody else uses', (server) => {
  afterEach(() => RedisUser.closeAll());

  for (const [title, wanted] of WAYS) {
    const letter = wanted.limit === undefined ? '' : 's';
    for (const key of ['x', 'f', 'h', 'i', 'q', 'a']) {
      it(`is told, and leaves nothing behind that does not end: ${key}, ${title}`, async () => {
        const name = anyName();
        const stem = `rxlock:{${name}}:${letter}`;
        await server().ask('RPUSH', stem + key, 'theirs');
        const attempt = new RedisUser(server().url).ask(name, wanted);
        await until(() => attempt.completed || attempt.error !== undefined || attempt.last?.type === 'queued');
        // Some of them are not looked at on some ways.
        if (attempt.error !== undefined) {
          expect(attempt.error).toBeInstanceOf(LockConfigError);
          expect((attempt.error as Error).message).toMatch(/WRONGTYPE: .*choose another prefix/);
          await until(async () => (await ours(name, letter + key)).every(isFleeting), 'nothing but their own');
        }
        expect(await server().ask('LRANGE', stem + key, 0, -1)).toEqual(['theirs']);
        for (const left of await keysOf(server(), name)) {
          if (left !== letter + key)
            expect(Number(await server().ask('PTTL', `rxlock:{${name}}:${left}`))).toBeGreaterThan(0);
        }
      });
    }
  }

  /** Keys of ours beside theirs. */
  async function ours(name: string, theirs: string): Promise<readonly string[]> {
    return (await keysOf(server(), name)).filter((key) => key !== theirs);
  }

  /** Only the last fencing token stays. */
  function isFleeting(key: string): boolean {
    return key.endsWith('f');
  }

  it('harms no other name of the same call', async () => {
    const names = Array.from({ length: 5 }, () => anyName());
    await server().ask('RPUSH', `rxlock:{${names[2]!}}:x`, 'theirs');
    const user = new RedisUser(server().url);
    const attempts = await Promise.all(names.map((name) => user.ask(name).over()));
    expect(attempts.map(({ last }) => last?.type)).toEqual(['granted', 'granted', undefined, 'granted', 'granted']);
    expect(attempts[2]!.error).toBeInstanceOf(LockConfigError);
    expect(attempts[2]!.error).toMatchObject({ lockName: names[2] });
  });

  it('takes a text in place of the last fencing token for none', async () => {
    const name = anyName();
    const user = new RedisUser(server().url);
    await server().ask('SET', `rxlock:{${name}}:f`, 'theirs');
    const { grant } = await user.acquire(name);
    expect(grant.fencingToken).toBeGreaterThan(1_000_000_000_000_000n);
  });

  it('takes a text in place of who has it for somebody', async () => {
    const name = anyName();
    const user = new RedisUser(server().url);
    await server().ask('SET', `rxlock:{${name}}:x`, 'theirs');
    const attempt = await user.ask(name, { wait: false }).over();
    expect(attempt.last).toMatchObject({ type: 'held' });
    await expect(user.status(name)).resolves.toMatchObject({ status: 'free' });
  });
});
