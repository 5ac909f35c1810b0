import { lastValueFrom, toArray } from 'rxjs';
import { afterEach, expect, it } from 'vitest';
import { Cluster } from 'ioredis';
import { describeWithRedis, describeWithSharedRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { RedisCluster } from '../../../support/redis-cluster.js';
import type { RedisServer } from '../../../support/redis-server.js';
import { keysOf } from './support/keys-of.js';
import { anyName, RedisUser } from './support/redis-user.js';

const MANY = 1000;

/** How many scripts a server has run. */
async function callsOf(server: RedisServer): Promise<number> {
  const stats = await server.admin.info('commandstats');
  const counts = ['evalsha', 'eval'].map((name) => new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(stats)?.[1]);
  return counts.reduce((sum: number, count) => sum + Number(count ?? 0), 0);
}

describeWithRedis('what is asked in one turn', (server) => {
  afterEach(() => RedisUser.closeAll());

  it('is one call for 32 names that are acquired or released, and for 128 that are renewed', async () => {
    const user = new RedisUser(server().url);
    // The server learns the scripts.
    const { grant } = await user.acquire(anyName());
    await user.renew(grant);
    await user.release(grant);
    const names = Array.from({ length: MANY }, () => anyName());
    const counted = async <T>(most: number, what: () => Promise<T>): Promise<T> => {
      const before = await callsOf(server());
      const result = await what();
      expect((await callsOf(server())) - before).toBe(Math.ceil(MANY / most));
      return result;
    };
    const granted = await counted(32, () => Promise.all(names.map((name) => user.acquire(name))));
    const grants = granted.map((signal) => signal.grant);
    expect(grants.map(({ name }) => name)).toEqual(names);
    const renewed = await counted(128, () =>
      lastValueFrom(user.backend.renew(grants, Array(MANY).fill(30_000)).pipe(toArray())),
    );
    expect(renewed.map(({ index, outcome }) => [index, outcome])).toEqual(names.map((_, index) => [index, 'renewed']));
    const released = await counted(32, () =>
      lastValueFrom(user.backend.release(grants, Array(MANY).fill(0)).pipe(toArray())),
    );
    expect(released.every(({ outcome }) => outcome === 'released')).toBe(true);
  });

  it('is answered to each for himself', async () => {
    const [one, two] = [new RedisUser(server().url), new RedisUser(server().url)];
    const names = Array.from({ length: 300 }, () => anyName());
    const taken = names.filter((_, index) => index % 3 === 0);
    await Promise.all(taken.map((name) => one.acquire(name)));
    const attempts = await Promise.all(names.map((name) => two.ask(name, { wait: false }).over()));
    expect(attempts.map(({ types }) => types[0])).toEqual(
      names.map((_, index) => (index % 3 === 0 ? 'held' : 'granted')),
    );
    for (const [index, attempt] of attempts.entries()) {
      if (attempt.last?.type === 'granted') expect(attempt.last.grant.name).toBe(names[index]);
      else expect(taken).toContain(names[index]);
    }
  });

  it.each([
    ['readers', { mode: 'shared' }, {}],
    ['permits', { limit: MANY, permits: 1 }, { limit: MANY, permits: MANY }],
  ] as const)(
    'may be a thousand of one name: %s',
    async (_, wanted, before) => {
      const name = anyName();
      const user = new RedisUser(server().url);
      const writer = await user.acquire(name, before);
      const attempts = Array.from({ length: MANY }, () => user.ask(name, wanted));
      await until(() => attempts.every(({ last }) => last?.type === 'queued'), 'the queue', 15_000);
      await user.release(writer.grant);
      const grants = await Promise.all(attempts.map(async (attempt) => (await attempt.granted()).grant));
      const renewed = await lastValueFrom(
        user.backend
          .renew(
            grants,
            grants.map(() => 30_000),
          )
          .pipe(toArray()),
      );
      expect(renewed.every(({ outcome }) => outcome === 'renewed')).toBe(true);
      const released = await lastValueFrom(
        user.backend
          .release(
            grants,
            grants.map(() => 0),
          )
          .pipe(toArray()),
      );
      expect(released.every(({ outcome }) => outcome === 'released')).toBe(true);
      expect((await keysOf(server(), name)).filter((key) => !key.endsWith('f'))).toEqual([]);
      expect(new Set(grants.map(({ fencingToken }) => fencingToken)).size).toBe(MANY);
    },
    30_000,
  );
});

describeWithSharedRedis(
  'what is asked in one turn of a Cluster',
  () => RedisCluster.start(),
  (cluster) => {
    afterEach(() => RedisUser.closeAll());
    const counted = async (what: () => Promise<unknown>): Promise<number> => {
      const count = async (): Promise<number> =>
        (await Promise.all(cluster().nodes.map(callsOf))).reduce((sum, calls) => sum + calls, 0);
      const before = await count();
      await what();
      return (await count()) - before;
    };
    const client = (): Cluster => new Cluster([...cluster().addresses], { lazyConnect: true });

    it('is a call for each slot, and none crosses slots', async () => {
      const user = new RedisUser(client());
      const names = Array.from({ length: 50 }, () => anyName());
      const slots = new Set(await Promise.all(names.map((name) => cluster().slotOf(`{${name}}`))));
      await user.acquire(anyName());
      const grants = await Promise.all(names.map((name) => user.acquire(name)));
      expect(grants.length).toBe(50);
      const all = grants.map(({ grant }) => grant);
      const calls = await counted(() =>
        lastValueFrom(
          user.backend
            .renew(
              all,
              all.map(() => 20_000),
            )
            .pipe(toArray()),
        ),
      );
      // A server that does not know the script yet is asked twice.
      expect(calls).toBeGreaterThanOrEqual(slots.size);
      expect(calls).toBeLessThanOrEqual(2 * slots.size);
      const again = await counted(() =>
        lastValueFrom(
          user.backend
            .renew(
              all,
              all.map(() => 20_000),
            )
            .pipe(toArray()),
        ),
      );
      expect(again).toBe(slots.size);
    });

    it('is one call with all names in one slot', async () => {
      const user = new RedisUser(client(), { slot: 'app' });
      await user.release((await user.acquire(anyName())).grant);
      const names = Array.from({ length: 30 }, () => anyName());
      expect(await counted(() => Promise.all(names.map((name) => user.acquire(name))))).toBe(1);
    });
  },
);
