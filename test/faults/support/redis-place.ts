import type { RedisClient } from '../../../src/backends/redis/index.js';
import { Cluster, Redis } from 'ioredis';
import { createClient } from 'redis';
import { FaultProxy } from '../../support/proxy.js';
import { RedisCluster } from '../../support/redis-cluster.js';
import { RedisSentinels } from '../../support/redis-sentinels.js';
import { RedisServer, type RedisSettings } from '../../support/redis-server.js';

/** Where a row is played: one Redis, one that Sentinels watch, or a Cluster. */
export interface RedisPlace {
  /** What the holder is told of it: a URL, or a client. */
  readonly holderSource: RedisClient;
  /** What all others are told of it. */
  readonly otherSource: RedisClient;
  /** The servers that have the keys by now. */
  masters(): Promise<readonly RedisServer[]>;
  /** Ends what can be ended of the fault. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** Which client library the holder has. */
export type HolderClient = 'ioredis' | 'node-redis';

/** One Redis, and a proxy before it that the holder is connected to. */
export class SingleRedis implements RedisPlace {
  private constructor(
    readonly server: RedisServer,
    readonly wire: FaultProxy,
    private readonly client: HolderClient,
  ) {}

  static async start(settings?: RedisSettings, client: HolderClient = 'ioredis'): Promise<SingleRedis> {
    const server = await RedisServer.start(settings);
    return new SingleRedis(server, await FaultProxy.start(server.port), client);
  }

  get holderSource(): RedisClient {
    // A URL is opened with ioredis.
    const url = `redis://127.0.0.1:${String(this.wire.port)}`;
    return this.client === 'ioredis' ? url : createClient({ url });
  }

  get otherSource(): string {
    return this.server.url;
  }

  masters(): Promise<readonly RedisServer[]> {
    return Promise.resolve([this.server]);
  }

  async heal(): Promise<void> {
    this.server.resume();
    await this.wire.heal();
  }

  async stop(): Promise<void> {
    this.server.resume();
    await this.wire.stop();
    await this.server.stop();
  }
}

/** A master and a replica that Sentinels watch. */
export class SentinelRedis implements RedisPlace {
  private readonly client: Redis;

  private constructor(readonly sentinels: RedisSentinels) {
    // It is only an example of how to connect: it stays unconnected itself.
    this.client = new Redis({ sentinels: [...sentinels.addresses], name: sentinels.name, lazyConnect: true });
  }

  static async start(settings?: RedisSettings): Promise<SentinelRedis> {
    return new SentinelRedis(await RedisSentinels.start(settings));
  }

  get holderSource(): Redis {
    return this.client;
  }

  get otherSource(): Redis {
    return this.client;
  }

  async masters(): Promise<readonly RedisServer[]> {
    return [await this.sentinels.current()];
  }

  heal(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    await this.sentinels.stop();
  }
}

/** A Cluster. */
export class ClusterRedis implements RedisPlace {
  private readonly client: Cluster;

  private constructor(readonly cluster: RedisCluster) {
    this.client = new Cluster([...cluster.addresses], { lazyConnect: true });
  }

  static async start(): Promise<ClusterRedis> {
    return new ClusterRedis(await RedisCluster.start());
  }

  get holderSource(): Cluster {
    return this.client;
  }

  get otherSource(): Cluster {
    return this.client;
  }

  masters(): Promise<readonly RedisServer[]> {
    return this.cluster.masters();
  }

  heal(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    await this.cluster.stop();
  }
}
