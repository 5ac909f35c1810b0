import { describe, it } from 'vitest';
import { redis } from '../../../../src/backends/redis/index.js';
import { describeBackend } from '../../../../src/testing/index.js';
import { describeWithSharedRedis } from '../../../support/describe-with-redis.js';
import { RedisServer } from '../../../support/redis-server.js';

/** Three servers that know nothing of each other. */
async function start(): Promise<{ readonly urls: readonly string[]; stop(): Promise<void> }> {
  const servers = await Promise.all([RedisServer.start(), RedisServer.start(), RedisServer.start()]);
  return {
    urls: servers.map(({ url }) => url),
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

describeWithSharedRedis('the conformance suite', start, (servers) => {
  describeBackend({
    name: 'redis([a, b, c])',
    describe,
    it,
    factory: () => ({
      create: () => redis(servers().urls),
      goodSuffixes: ['-Ünï-名', '/a/b', ':x', '*', ' y', '{z}'],
      badNames: ['', 'a\nb', 'a\0b', 'x'.repeat(513), '\ud800'],
    }),
  });
});
