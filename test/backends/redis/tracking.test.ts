import { afterEach, expect, it } from 'vitest';
import { redis, type RedisClient, type RedisOptions } from '../../../src/backends/redis/index.js';
import { KeyNames } from '../../../src/backends/redis/locks/key-names.js';
import { createLocks, type Lease, type Locks } from '../../../src/index.js';
import { describeWithRedis, describeWithSharedRedis } from '../../support/describe-with-redis.js';
import { until } from '../../support/poll.js';
import { RedisCluster } from '../../support/redis-cluster.js';
import { RedisSentinels } from '../../support/redis-sentinels.js';
import { CLIENTS, CLUSTERS, SENTINELS } from './wire/support/clients.js';

/** So long that no renewal can be what tells of the loss. */
const TTL = '10m';
const NAMES = ['a', 'b', 'c{}', 'd%', 'e,f', 'g h'];

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function open(source: unknown, options: RedisOptions = {}): Locks<bigint> {
  const locks = createLocks(redis(source as RedisClient, { tracking: true, ...options }));
  ends.push(() => locks.close());
  return locks;
}

function mainKey(keyPrefix: string, name: string): string {
  return keyPrefix + new KeyNames('rxlock:', undefined).main(name);
}

/** Resolves when it was told that it is lost, and that at once. */
async function lost(lease: Lease<bigint>): Promise<void> {
  await until(() => !lease.isHeld, `the loss of ${lease.name}`, 5000);
  expect(lease.signal.reason).toMatchObject({ reason: 'revoked' });
}

for (const { title, keyPrefix, open: connect } of CLIENTS) {
  describeWithRedis(`tracking through ${title}`, (server) => {
    const connected = (options?: RedisOptions): Locks<bigint> => {
      const { source, end } = connect(server());
      ends.push(end);
      return open(source, options);
    };
    const take = (locks: Locks<bigint>, names = NAMES): Promise<Lease<bigint>[]> =>
      Promise.all(names.map((name) => locks.acquire(name, TTL)));

    it('tells at once of a key that was removed, or taken by somebody else, and of no other', async () => {
      const [first, second, ...others] = await take(connected());
      await server().ask('DEL', mainKey(keyPrefix, first!.name));
      await lost(first!);
      await server().ask('SET', mainKey(keyPrefix, second!.name), 'theirs');
      await lost(second!);
      expect(others.every(({ isHeld }) => isHeld)).toBe(true);
      await server().ask('DEL', mainKey(keyPrefix, second!.name));
    });

    it('tells at once of FLUSHALL, also who shares a lock or has permits', async () => {
      const locks = connected();
      const leases = await take(locks);
      leases.push(await locks.acquire('shared', TTL, { mode: 'shared' }));
      await server().ask('FLUSHALL');
      for (const lease of leases) await lost(lease);
    });

    it('tells at once when an operator revokes it, here or elsewhere', async () => {
      const [one, other] = [connected(), connected()];
      const service = redis(connect(server()).source as RedisClient, { tracking: true });
      const mine = createLocks(service);
      ends.push(() => mine.close());
      const [a, b] = [await one.acquire('a', TTL), await mine.acquire('b', TTL)];
      const revoke = (name: string): Promise<void> =>
        new Promise((resolve, reject) => {
          service.revoke(name).subscribe({ complete: resolve, error: reject });
        });
      await revoke('a');
      await lost(a);
      await revoke('b');
      await lost(b);
      await (await other.acquire('a', TTL)).release();
    });

    it('goes on after a renewal, a wait, and a connection that was lost', async () => {
      const locks = connected();
      const [renewed] = await take(locks, ['renewed']);
      const short = await locks.acquire('short', '1s');
      const queued = locks.acquire('renewed-too', TTL);
      const waited = await queued;
      const waiting = connected().acquire('renewed-too', TTL);
      const renewals: string[] = [];
      locks.events$.subscribe(({ type, name }) => type === 'renewed' && renewals.push(name));
      await until(() => renewals.length > 2, 'renewals');
      expect(short.isHeld).toBe(true);
      await server().ask('DEL', mainKey(keyPrefix, 'short'));
      await lost(short);
      await waited.release();
      const next = await waiting;
      await server().ask('DEL', mainKey(keyPrefix, next.name));
      await lost(next);
      await server().ask('CLIENT', 'KILL', 'TYPE', 'normal');
      await server().ask('DEL', mainKey(keyPrefix, 'renewed'));
      await server().ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
      // Something is asked, and a connection made.
      await (await locks.acquire('any', TTL)).release();
      await lost(renewed!);
    });

    it('asks nothing because of what this client does itself', async () => {
      const locks = connected();
      await locks.acquire('one', '1s');
      const events: string[] = [];
      locks.events$.subscribe(({ type }) => events.push(type));
      const before = Number(await server().info('total_commands_processed'));
      await until(() => events.length >= 5, 'renewals');
      const after = Number(await server().info('total_commands_processed'));
      // A renewal: the script, TIME, GET, PEXPIRE and EXISTS.
      expect(after - before).toBeLessThanOrEqual(5 * events.length + 6);
    });
  });
}

describeWithRedis('without tracking', (server) => {
  it('nothing more is asked than the grant needs', async () => {
    const locks = open(server().url, { tracking: false });
    await (await locks.acquire('one', TTL)).release();
    await server().ask('CONFIG', 'RESETSTAT');
    await locks.acquire('one', TTL);
    const stats = (await server().ask('INFO', 'commandstats')) as string;
    expect(stats).not.toContain('cmdstat_exists');
    expect(stats).not.toContain('tracking');
  });
});

for (const { title, keyPrefix, open: connect } of CLUSTERS) {
  describeWithSharedRedis(
    `tracking in a Cluster through ${title}`,
    () => RedisCluster.start(),
    (cluster) => {
      it('tells of keys of each master', async () => {
        const locks = open(connect(cluster()).source);
        const leases = await Promise.all(NAMES.map((name) => locks.acquire(name, TTL)));
        for (const lease of leases) {
          expect(lease.isHeld).toBe(true);
          const key = mainKey(keyPrefix, lease.name);
          await (await cluster().masterOf(key)).ask('DEL', key);
          await lost(lease);
        }
      });
    },
  );
}

for (const { title, keyPrefix, open: connect } of SENTINELS) {
  describeWithSharedRedis(
    `tracking with Sentinel through ${title}`,
    () => RedisSentinels.start(),
    (sentinels) => {
      it('tells of a key that was removed', async () => {
        const locks = open(connect(sentinels()).source);
        const lease = await locks.acquire('one', TTL);
        await sentinels().master.ask('DEL', mainKey(keyPrefix, 'one'));
        await lost(lease);
      });
    },
  );
}
