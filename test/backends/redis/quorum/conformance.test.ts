import { Cluster, Redis } from 'ioredis';
import { describe, it } from 'vitest';
import { redis, type RedisClient } from '../../../../src/backends/redis/index.js';
import { describeBackend } from '../../../../src/testing/index.js';
import { describeWithSharedRedis } from '../../../support/describe-with-redis.js';
import { RedisCluster } from '../../../support/redis-cluster.js';
import { RedisSentinels } from '../../../support/redis-sentinels.js';
import { RedisServer } from '../../../support/redis-server.js';

/** What know nothing of each other. */
interface Members {
  readonly sources: readonly RedisClient[];
  stop(): Promise<void>;
}

async function startServers(): Promise<Members> {
  const servers = await Promise.all([RedisServer.start(), RedisServer.start(), RedisServer.start()]);
  return {
    sources: servers.map(({ url }) => url),
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

async function startMixture(): Promise<Members> {
  const [server, sentinels, cluster] = await Promise.all([
    RedisServer.start(),
    RedisSentinels.start(),
    RedisCluster.start(),
  ]);
  return {
    sources: [
      server.url,
      new Redis({ sentinels: [...sentinels.addresses], name: sentinels.name, lazyConnect: true }),
      new Cluster([...cluster.addresses], { lazyConnect: true }),
    ],
    async stop() {
      await Promise.all([server, sentinels, cluster].map((member) => member.stop()));
    },
  };
}

for (const [title, start] of [
  ['three servers', startServers],
  ['a server, a Sentinel group and a Cluster', startMixture],
] as const) {
  describeWithSharedRedis(`the conformance suite: ${title}`, start, (members) => {
    describeBackend({
      name: 'redis([a, b, c])',
      describe,
      it,
      factory: () => ({
        create: () => redis(members().sources),
        createUnreachable: () => redis(['redis://127.0.0.1:1']),
        goodSuffixes: ['-Ünï-名', '/a/b', ':x', '*', ' y', '{z}'],
        badNames: ['', 'a\nb', 'a\0b', 'x'.repeat(513), '\ud800'],
      }),
    });
  });
}
