import { Cluster, Redis } from 'ioredis';
import { describe, it } from 'vitest';
import { redis, type RedisClient } from '../../../../src/backends/redis/index.js';
import { describeBackend } from '../../../../src/testing/index.js';
import { describeWithSharedRedis } from '../../../support/describe-with-redis.js';
import { RedisCluster } from '../../../support/redis-cluster.js';
import { RedisSentinels } from '../../../support/redis-sentinels.js';
import { RedisServer } from '../../../support/redis-server.js';

/** @param sourceOf What `redis()` is given. */
function describeConformance<S extends { stop(): Promise<void> }>(
  title: string,
  start: () => Promise<S>,
  sourceOf: (servers: S) => RedisClient,
): void {
  describeWithSharedRedis(`the conformance suite: ${title}`, start, (servers) => {
    describeBackend({
      name: "redis, { keys: 'plain' }",
      describe,
      it,
      factory: () => ({
        create: () => redis(sourceOf(servers()), { keys: 'plain' }),
        createUnreachable: () => redis('redis://127.0.0.1:1', { keys: 'plain' }),
        goodSuffixes: ['-Ünï-名', '/a/b', ':x', '*', ' y', '{z}'],
        badNames: ['', 'a\nb', 'a\0b', 'x'.repeat(513), '\ud800'],
      }),
    });
  });
}

describeConformance(
  'one server',
  () => RedisServer.start(),
  ({ url }) => url,
);
describeConformance(
  'Sentinel',
  () => RedisSentinels.start(),
  ({ addresses, name }) => new Redis({ sentinels: [...addresses], name, lazyConnect: true }),
);
describeConformance(
  'a Cluster',
  () => RedisCluster.start(),
  ({ addresses }) => new Cluster([...addresses], { lazyConnect: true }),
);
