import { describe, it } from 'vitest';
import { redis } from '../../../../src/backends/redis/index.js';
import { describeBackend } from '../../../../src/testing/index.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';

describeWithRedis('the conformance suite', (server) => {
  describeBackend({
    name: "redis, { keys: 'plain' }",
    describe,
    it,
    factory: () => ({
      create: () => redis(server().url, { keys: 'plain' }),
      goodSuffixes: ['-Ünï-名', '/a/b', ':x', '*', ' y', '{z}'],
      badNames: ['', 'a\nb', 'a\0b', 'x'.repeat(513), '\ud800'],
    }),
  });
});
