import { Cluster } from 'ioredis';
import { createCluster } from 'redis';
import { RedisCluster } from '../../support/redis-cluster.js';
import { describeConformance } from './support/describe-conformance.js';

describeConformance(
  'a Cluster, ioredis',
  () => RedisCluster.start(),
  ({ addresses }) => ({
    client: new Cluster([...addresses], { lazyConnect: true, keyPrefix: 'mine:' }),
    end: () => undefined,
  }),
);

describeConformance(
  'a Cluster, node-redis',
  () => RedisCluster.start(),
  ({ addresses }) => ({
    client: createCluster({ rootNodes: addresses.map(({ host, port }) => ({ socket: { host, port } })) }),
    end: () => undefined,
  }),
);

describeConformance(
  'a Cluster, all names in one slot',
  () => RedisCluster.start(),
  ({ addresses }) => ({
    client: new Cluster([...addresses], { lazyConnect: true }),
    options: { slot: 'locks' },
    end: () => undefined,
  }),
);
