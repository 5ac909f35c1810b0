import { afterEach, describe, expect, it } from 'vitest';
import type { RedisClient } from '../../../../src/backends/redis/index.js';
import { openPort } from '../../../../src/backends/redis/wire/open-port.js';
import type { RedisPort } from '../../../../src/backends/redis/wire/port.js';
import { describeWithSharedRedis } from '../../../support/describe-with-redis.js';
import { until } from '../../../support/poll.js';
import { RedisCluster } from '../../../support/redis-cluster.js';
import { anyName, RedisUser } from '../locks/support/redis-user.js';
import { CLUSTERS } from './support/clients.js';
import { Ears } from './support/ears.js';

const SPUBLISH = "return redis.call('SPUBLISH', ARGV[1], ARGV[2])";
const CHANNEL = 'locks:{all}c:somebody';

describeWithSharedRedis(
  'a sharded channel of a Cluster',
  () => RedisCluster.start(),
  (cluster) => {
    const ports: RedisPort[] = [];
    const connected = async (source: unknown): Promise<RedisPort> => {
      const port = openPort(source);
      ports.push(port);
      await port.connect();
      return port;
    };
    /** By a client that always finds the slot, so that it comes about some time. */
    const isTold = (port: RedisPort, ears: Ears, text: string): Promise<void> =>
      until(async () => {
        await port.send('EVAL', [SPUBLISH, '1', CHANNEL, CHANNEL, text], CHANNEL).catch(() => undefined);
        return ears.heard.includes(text);
      }, `the message ${text}`);

    afterEach(async () => {
      for (const port of ports.splice(0)) port.close();
      await RedisUser.closeAll();
    });

    describe.each(CLUSTERS)('with $title', ({ open }) => {
      it('is heard of its master, of the next one when its slot moves, and again after its connection was lost', async () => {
        const port = await connected(open(cluster()).source);
        const ears = new Ears();
        await port.subscribe(CHANNEL, ears);
        await isTold(port, ears, 'first');
        expect(ears.missedTimes).toBe(0);
        await cluster().migrateSlot(await cluster().slotOf('{all}'));
        await until(() => ears.missedTimes === 2, 'the new master');
        await isTold(port, ears, 'moved');
        await Promise.all(cluster().nodes.map((node) => node.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')));
        await isTold(port, ears, 'again');
      });
    });

    it.each(CLUSTERS)('tells who waits that it is his turn, and nobody else: $title', async ({ open }) => {
      const name = anyName();
      const options = { slot: 'all' };
      const [one, two] = [0, 1].map(() => new RedisUser(open(cluster()).source as RedisClient, options)) as [
        RedisUser,
        RedisUser,
      ];
      const { grant } = await one.acquire(name);
      const attempt = await two.queue(name);
      const all = await Promise.all(cluster().nodes.map((node) => node.ask('PUBSUB', 'SHARDCHANNELS')));
      expect(all.flat()).toHaveLength(1);
      const sent = await publishes();
      await one.release(grant);
      await two.release((await attempt.granted()).grant);
      expect(await publishes()).toBe(sent);
    });

    it('is a channel of the whole Cluster where a server or its ACL knows no others', async () => {
      const name = anyName();
      for (const node of cluster().nodes) await node.ask('ACL', 'SETUSER', 'default', '-ssubscribe', '-spublish');
      try {
        const [one, two] = [0, 1].map(
          () => new RedisUser(CLUSTERS[0]!.open(cluster()).source as RedisClient, { slot: 'all' }),
        ) as [RedisUser, RedisUser];
        const { grant } = await one.acquire(name);
        const attempt = await two.queue(name);
        const sent = await publishes();
        await one.release(grant);
        await two.release((await attempt.granted()).grant);
        expect(await publishes()).toBeGreaterThan(sent);
      } finally {
        for (const node of cluster().nodes) await node.ask('ACL', 'SETUSER', 'default', '+ssubscribe', '+spublish');
      }
    });

    /** How many messages the nodes have told each other. */
    async function publishes(): Promise<number> {
      const infos = await Promise.all(cluster().nodes.map((node) => node.ask('CLUSTER', 'INFO')));
      return infos.reduce<number>(
        (sum, info) => sum + Number(/stats_messages_publish_sent:(\d+)/.exec(String(info))?.[1] ?? 0),
        0,
      );
    }
  },
);
