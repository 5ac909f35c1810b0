import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { RedisServer } from '../../support/redis-server.js';
import { describeConformance } from './support/describe-conformance.js';

for (const protocol of [2, 3] as const) {
  describeConformance(
    `ioredis, RESP${String(protocol)}`,
    () => RedisServer.start(),
    ({ host, port }) => {
      const client = new Redis({ host, port, protocol, lazyConnect: true, keyPrefix: 'mine:' });
      return { client, end: () => client.disconnect() };
    },
  );

  describeConformance(
    `node-redis, RESP${String(protocol)}`,
    () => RedisServer.start(),
    ({ url }) => ({
      client: createClient({ url, RESP: protocol }),
      end: () => undefined,
    }),
  );
}
