/** What `redis()` needs to see of a client of ioredis, or of what came from it. */
export interface LikeIoredis {
  /** What the connection does. */
  readonly status: string;
  /** Makes another client of the same server. */
  duplicate(...args: never): unknown;
  /** Closes the connection. */
  disconnect(...args: never): unknown;
}

/** What `redis()` needs to see of a client of node-redis: of one server, Sentinel or a Cluster. */
export interface LikeNodeRedis {
  /** Opens the connection. */
  connect(): Promise<unknown>;
  /** Sends one command. */
  sendCommand(...args: never): unknown;
}

/** A client of `ioredis` or of `redis`, version 5 or later, single, of Sentinel or of a Cluster; or a URL, `redis://…` or `rediss://…`. */
export type RedisClient = string | LikeIoredis | LikeNodeRedis;
