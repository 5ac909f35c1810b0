import { expect, it } from 'vitest';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser, type Wanted } from './support/redis-user.js';
import { twice } from './support/wrapped.js';
import { useProxy } from './support/use-proxy.js';

const WAYS: readonly (readonly [title: string, wanted: Wanted])[] = [
  ['alone', {}],
  ['alone, without waiting', { wait: false }],
  ['shared', { mode: 'shared' }],
  ['permits', { limit: 4, permits: 2 }],
];

describeWithRedis('what is done again', (server) => {
  const proxy = useProxy(server);

  it.each(WAYS)('answers the same if each script is sent twice in a row: %s', async (_, wanted) => {
    const name = anyName();
    const [one, two] = [new RedisUser(twice(server().url)), new RedisUser(twice(server().url))];
    const { grant, bounds } = await one.acquire(name, { ...wanted, metadata: 'm' });
    expect(bounds[0].ttl).toBe(30_000);
    expect(one.clock.elapsed() - bounds[0].sentAt).toBeLessThan(5000);
    await expect(one.renew(grant)).resolves.toMatchObject({ outcome: 'renewed' });
    await expect(one.status(name)).resolves.toMatchObject(
      wanted.limit === undefined ? { holders: 1, fencingToken: grant.fencingToken, metadata: 'm' } : { status: 'free' },
    );
    const first = await two.queue(name, wanted.limit === undefined ? {} : { ...wanted, permits: 4 });
    const second = await two.queue(name, wanted.limit === undefined ? {} : { ...wanted, permits: 4 });
    expect([first.last, second.last]).toMatchObject([{ position: 0 }, { position: 1 }]);
    await one.release(grant);
    await two.release((await first.granted()).grant);
    await two.release((await second.granted()).grant);
    expect((await keysOf(server(), name)).filter((key) => !key.endsWith('f'))).toEqual([]);
  });

  it('adopts once though it is asked twice', async () => {
    const name = anyName();
    const one = new RedisUser(twice(server().url));
    for (const wanted of [{}, { mode: 'shared' }, { limit: 3, permits: 2 }] as const) {
      const { grant } = await one.acquire(name, wanted);
      const secret = await new Promise<string>((resolve, reject) => {
        one.backend.detach!(grant).subscribe({ next: resolve, error: reject });
      });
      const request = { name, ttl: 20_000, wait: false, holder: 'heir', stray: (): void => undefined };
      const adopted = await new Promise<{ grant: never }>((resolve, reject) => {
        one.backend.adopt!(name, secret, request).subscribe({
          next: (signal) => {
            resolve(signal as never);
          },
          error: reject,
        });
      });
      expect(adopted.grant).toMatchObject({ fencingToken: grant.fencingToken });
      await expect(one.renew(adopted.grant)).resolves.toMatchObject({ outcome: 'renewed' });
      await one.release(adopted.grant);
    }
  });

  it.each(WAYS)('says that it was given back, if that was heard of only the second time: %s', async (_, wanted) => {
    const name = anyName();
    const user = new RedisUser(`redis://127.0.0.1:${String(proxy().port)}`, { timeout: '10s' });
    const { grant } = await user.acquire(name, wanted);
    const lost = proxy().loseReply(name, 'reset');
    await expect(user.release(grant)).resolves.toMatchObject({ outcome: 'unknown' });
    await lost;
    await expect(user.release(grant)).resolves.toMatchObject({ outcome: 'released' });
    await expect(user.release(grant)).resolves.toMatchObject({ outcome: 'gone' });
  });

  it.each(WAYS)(
    'is by owner: a grant that was revoked, or has been replaced, neither renews nor gives back that of another: %s',
    async (_, wanted) => {
      const name = anyName();
      const [one, two] = [new RedisUser(server().url), new RedisUser(server().url)];
      const { grant } = await one.acquire(name, wanted);
      // What somebody does who empties the database.
      for (const key of await keysOf(server(), name)) await server().ask('DEL', `rxlock:{${name}}:${key}`);
      const next = await two.acquire(name, wanted);
      await expect(one.renew(grant)).resolves.toMatchObject({ outcome: 'refused' });
      await expect(two.renew(next.grant)).resolves.toMatchObject({ outcome: 'renewed' });
      const other = await one
        .ask(name, {
          ...wanted,
          permits: wanted.permits === undefined ? undefined : 4,
          mode: undefined,
          wait: false,
        })
        .over();
      expect(other.types).toEqual(['held']);
      await expect(one.release(grant)).resolves.toMatchObject({ outcome: 'gone' });
      await expect(two.renew(next.grant)).resolves.toMatchObject({ outcome: 'renewed' });
    },
  );

  it.each(WAYS)('gives back nothing of another, if it had not heard that it was lost: %s', async (_, wanted) => {
    const name = anyName();
    const [one, two] = [new RedisUser(server().url), new RedisUser(server().url)];
    const { grant } = await one.acquire(name, wanted);
    for (const key of await keysOf(server(), name)) await server().ask('DEL', `rxlock:{${name}}:${key}`);
    const next = await two.acquire(name, wanted);
    await expect(one.release(grant)).resolves.toMatchObject({ outcome: 'gone' });
    await expect(two.renew(next.grant)).resolves.toMatchObject({ outcome: 'renewed' });
  });
});
