import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster, createSentinel } from 'redis';
import type { RedisCluster } from '../../../../support/redis-cluster.js';
import type { RedisSentinels } from '../../../../support/redis-sentinels.js';
import type { RedisServer } from '../../../../support/redis-server.js';

/** A client as a user makes it, with options that are wrong for locks, and not connected. */
export interface ClientCase<Servers = RedisServer> {
  readonly title: string;
  readonly keyPrefix: string;
  /** @returns What `openPort` gets, and what ends it. */
  open(servers: Servers, password?: string): { readonly source: unknown; end(): void };
}

function throughIoredis(protocol: 2 | 3, keyPrefix: string, more: object = {}): ClientCase['open'] {
  return ({ host, port }, password) => {
    const source = new Redis({
      host,
      port,
      ...(password === undefined ? {} : { password }),
      protocol,
      keyPrefix,
      lazyConnect: true,
      commandTimeout: 50,
      reconnectOnError: () => 2,
      enableAutoPipelining: true,
      ...more,
    });
    return {
      source,
      end: () => {
        source.disconnect();
      },
    };
  };
}

function throughNodeRedis(RESP: 2 | 3, keyPrefix: string): ClientCase['open'] {
  return ({ host, port }, password) => {
    const source = createClient({
      ...(password === undefined ? {} : { password }),
      socket: { host, port, socketTimeout: 50 },
      RESP,
      keyPrefix,
      commandOptions: { timeout: 50 },
      ...(RESP === 3 ? { maintNotifications: 'auto' as const } : {}),
    });
    return { source, end: () => undefined };
  };
}

/** Each client library, in RESP2 and RESP3. */
export const CLIENTS: readonly ClientCase[] = [
  { title: 'ioredis, RESP3', keyPrefix: 'app:', open: throughIoredis(3, 'app:', { replyMapping: 'resp3' }) },
  { title: 'ioredis, RESP2', keyPrefix: '', open: throughIoredis(2, '', { stringNumbers: true }) },
  { title: 'node-redis, RESP3', keyPrefix: 'app:', open: throughNodeRedis(3, 'app:') },
  { title: 'node-redis, RESP2', keyPrefix: '', open: throughNodeRedis(2, '') },
  {
    title: 'a URL',
    keyPrefix: '',
    open: ({ url }, password) => ({
      source: password === undefined ? url : url.replace(/:[^/]*@/, `:${password}@`),
      end: () => undefined,
    }),
  },
];

function clusterOfIoredis(protocol: 2 | 3, keyPrefix: string): ClientCase<RedisCluster>['open'] {
  return ({ addresses }) => {
    const source = new Cluster([...addresses], {
      lazyConnect: true,
      keyPrefix,
      scaleReads: 'slave',
      redisOptions: { protocol, commandTimeout: 50 },
    });
    return { source, end: () => undefined };
  };
}

function clusterOfNodeRedis(RESP: 2 | 3, keyPrefix: string): ClientCase<RedisCluster>['open'] {
  return ({ addresses }) => {
    const source = createCluster({
      rootNodes: addresses.map(({ host, port }) => ({ url: `redis://${host}:${port}` })),
      useReplicas: true,
      RESP,
      keyPrefix,
      defaults: { socket: { socketTimeout: 50 } },
    });
    return { source, end: () => undefined };
  };
}

/** The clients of a Cluster. */
export const CLUSTERS: readonly ClientCase<RedisCluster>[] = [
  { title: 'ioredis, RESP3', keyPrefix: 'app:', open: clusterOfIoredis(3, 'app:') },
  { title: 'ioredis, RESP2', keyPrefix: '', open: clusterOfIoredis(2, '') },
  { title: 'node-redis, RESP3', keyPrefix: 'app:', open: clusterOfNodeRedis(3, 'app:') },
  { title: 'node-redis, RESP2', keyPrefix: '', open: clusterOfNodeRedis(2, '') },
];

/** The clients of one that Sentinels watch over. */
export const SENTINELS: readonly ClientCase<RedisSentinels>[] = [
  {
    title: 'ioredis',
    keyPrefix: 'app:',
    open: ({ addresses, name }) => {
      const source = new Redis({ sentinels: [...addresses], name, keyPrefix: 'app:', lazyConnect: true });
      return { source, end: () => undefined };
    },
  },
  {
    title: 'node-redis',
    keyPrefix: 'app:',
    open: ({ addresses, name }) => {
      const source = createSentinel({ sentinelRootNodes: [...addresses], name, keyPrefix: 'app:', replicaPoolSize: 1 });
      return { source, end: () => undefined };
    },
  },
];
