import { afterEach, describe, expect, it } from 'vitest';
import { redis, type RedisClient } from '../../../../src/backends/redis/index.js';
import { KeyNames } from '../../../../src/backends/redis/locks/key-names.js';
import { createLocks, type LocksEvent } from '../../../../src/index.js';
import { describeWithSharedRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { RedisCluster } from '../../../support/redis-cluster.js';
import type { RedisServer } from '../../../support/redis-server.js';
import { CLUSTERS } from './support/clients.js';

const keys = new KeyNames('rxlock:', undefined);
const TTL = 3000;

describeWithSharedRedis(
  'a Cluster with one silent master',
  () => RedisCluster.start(),
  (cluster) => {
    /** Of each master the name of a lock. */
    const names = async (keyPrefix: string): Promise<ReadonlyMap<RedisServer, string>> => {
      const found = new Map<RedisServer, string>();
      for (let number = 0; found.size < 3; number++) {
        const name = `lock-${String(number)}`;
        const master = await cluster().masterOf(keyPrefix + keys.main(name));
        if (!found.has(master)) found.set(master, name);
      }
      return found;
    };

    afterEach(() => {
      for (const node of cluster().nodes) node.resume();
    });

    describe.each(CLUSTERS.filter(({ title }) => title.includes('RESP3')))('with $title', ({ open, keyPrefix }) => {
      it('renews the locks of the others, without a doubt about them', async () => {
        for (const { admin } of cluster().nodes) {
          // Nobody takes over, and the others serve on.
          await admin.config('SET', 'cluster-replica-no-failover', 'yes');
          await admin.config('SET', 'cluster-require-full-coverage', 'no');
        }
        const [silent, ...others] = [...(await names(keyPrefix))];
        const locks = createLocks(redis(open(cluster()).source as RedisClient, { timeout: '200ms' }));
        const events: LocksEvent[] = [];
        locks.events$.subscribe((event) => events.push(event));
        const count = (name: string, type: LocksEvent['type']): number =>
          events.filter((event) => event.type === type && event.name === name).length;
        for (const name of [silent![1], ...others.map(([, other]) => other)]) await locks.acquire(name, TTL);
        silent![0].pause();
        await until(() => count(silent![1], 'lost') === 1, 'the loss');
        for (const [, name] of others) await until(() => count(name, 'renewed') > 5, 'renewals');
        for (const [, name] of others) expect([count(name, 'uncertain'), count(name, 'lost')]).toEqual([0, 0]);
        expect(count(silent![1], 'uncertain')).toBeGreaterThan(0);
        silent![0].resume();
        // It is one of them again.
        await (await locks.acquire(silent![1], TTL)).release();
        await locks.close();
      });
    });
  },
);
