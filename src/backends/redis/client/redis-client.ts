/** What `redis()` needs to see of a client of ioredis, or of what came from it. */
interface LikeIoredis {
  readonly status: string;
  duplicate(...args: never): unknown;
  disconnect(...args: never): unknown;
}

/** What `redis()` needs to see of a client of node-redis: of one server, Sentinel or a Cluster. */
interface LikeNodeRedis {
  connect(): Promise<unknown>;
  sendCommand(...args: never): unknown;
}

/** A client of `ioredis` or of `redis`, version 5 or later, single, of Sentinel or of a Cluster; or a URL, `redis://…` or `rediss://…`. */
export type RedisClient = string | LikeIoredis | LikeNodeRedis;
