import { expect, it } from 'vitest';
import { firstValueFrom } from 'rxjs';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { anyName, RedisUser, type Wanted } from './support/redis-user.js';
import { useProxy } from './support/use-proxy.js';

const WAYS: readonly (readonly [title: string, wanted: Wanted])[] = [
  ['alone', {}],
  ['shared', { mode: 'shared' }],
  ['permits', { limit: 4, permits: 4 }],
];

describeWithRedis('what is reserved for somebody', (server) => {
  const proxy = useProxy(server);

  /** Somebody has a place in the queue, who does not come when it is his turn. */
  async function absent(name: string, wanted: Wanted = {}): Promise<void> {
    await new RedisUser(`redis://127.0.0.1:${String(proxy().port)}`).queue(name, wanted);
    proxy().blackhole();
  }

  const key = (name: string, letter: string): string => `rxlock:{${name}}:${letter}`;
  const reserved = async (name: string, { mode, limit }: Wanted): Promise<readonly string[]> =>
    limit === undefined && mode === undefined
      ? [String(await server().ask('GET', key(name, 'x')))]
      : ((await server().ask('HVALS', key(name, limit === undefined ? 'i' : 'si'))) as readonly string[]);

  it.each(WAYS)('stays his when the lock is revoked: %s', async (_, wanted) => {
    const name = anyName();
    const user = new RedisUser(server().url);
    const { grant } = await user.acquire(name, wanted.limit === undefined ? {} : wanted);
    await absent(name, wanted);
    await user.release(grant);
    const before = await reserved(name, wanted);
    expect(before).toEqual([expect.stringMatching(/^!/)]);
    await firstValueFrom(user.backend.revoke(name), { defaultValue: undefined });
    expect(await reserved(name, wanted)).toEqual(before);
  });

  it('is told him, and who is next but one when to look', async () => {
    const name = anyName();
    const user = new RedisUser(server().url);
    const { grant } = await user.acquire(name);
    await absent(name);
    await new RedisUser(server().url).queue(name);
    const members = (await server().ask('ZRANGE', key(name, 'q'), 0, -1)) as readonly string[];
    const owners = members.map((member) => member.slice(0, -1));
    const ears = server().admin.duplicate();
    const told: string[] = [];
    await ears.psubscribe('rxlock:c:*');
    ears.on('pmessage', (_, channel, text) => {
      // What clients tell themselves is no news.
      if (text !== '=') told.push(`${channel.slice('rxlock:c:'.length)} ${text}`);
    });
    await user.release(grant);
    await until(() => told.length >= 2, 'two messages');
    ears.disconnect();
    expect(told.slice(0, 2)).toEqual([
      `${owners[0]!.slice(0, 16)} ${owners[0]!}`,
      `${owners[1]!.slice(0, 16)} ~${owners[1]!}`,
    ]);
  });

  it('leaves no mark that somebody waits, if nobody is behind him', async () => {
    const name = anyName();
    const user = new RedisUser(server().url);
    const { grant } = await user.acquire(name);
    await absent(name);
    expect(await server().ask('GET', key(name, 'f'))).toMatch(/^\d+q$/);
    await user.release(grant);
    expect(await server().ask('GET', key(name, 'f'))).toMatch(/^\d+$/);
  });
});
