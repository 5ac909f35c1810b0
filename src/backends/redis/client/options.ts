import type { Duration } from '../../../contract/time.js';

/** What the keys in Redis begin with. */
export const DEFAULT_PREFIX = 'rxlock:';
/** For how long an answer of Redis is waited for, and a connection. */
export const DEFAULT_TIMEOUT = '2s';
/** The longest ttl of a lock. */
export const DEFAULT_MAX_TTL = '1h';

/** Options of `redis()`. */
export interface RedisOptions {
  /** `'plain'`: the keys of redlock and redis-semaphore, see `PlainRedisOptions`. `'rxlock'` by default. */
  readonly keys?: 'rxlock' | undefined;
  /** What the keys and channels in Redis begin with. All who share locks need the same. `'rxlock:'` by default. */
  readonly prefix?: string | undefined;
  /** For how long an answer of Redis is waited for, and a connection. `'2s'` by default, at least 10 ms. */
  readonly timeout?: Duration | undefined;
  /**
   * In a Cluster: a hash tag for all names, so that all locks are on one of its servers, and several of them are one call. By default each
   * name has a hash tag of its own, and the locks are spread over all servers. All who share locks need the same.
   */
  readonly slot?: string | undefined;
  /** For how long a lock stays taken after it has run out. Not after a release. 0 by default. All who share locks need the same. */
  readonly lockDelay?: Duration | undefined;
  /**
   * How many replicas must have a grant before it counts, within `timeout`. With fewer the lock is given back, and asked for again. 0 by default. This makes
   * a lock that is forgotten in a fail-over rarer, and does not rule it out.
   */
  readonly replicas?: number | undefined;
  /**
   * `'wait'`: if Redis has lost its data, no lock is granted before all that may have been held has run out: for `maxTtl`. `'grant'` by
   * default: then whoever had a lock may believe in it beside a new holder, until his next renewal.
   */
  readonly coldStart?: 'grant' | 'wait' | undefined;
  /** The longest ttl of a lock. `'1h'` by default, at most 24 h. */
  readonly maxTtl?: Duration | undefined;
  /**
   * Whoever holds a lock for himself hears at once that its key was removed or changed by somebody else (`DEL`, `FLUSHALL`, `revoke`, an eviction), and
   * not only at his next renewal. It takes one more connection, to each master, and one more command a call. `false` by default.
   */
  readonly tracking?: boolean | undefined;
}

/** What stands before a name in a plain key. */
export const DEFAULT_PLAIN_PREFIX = '';

/** Options of `redis(client, { keys: 'plain' })`: one key for each lock, as redlock and redis-semaphore have it, for a time in which both run. */
export interface PlainRedisOptions {
  readonly keys: 'plain';
  /** What the keys begin with: `''` (the default) as redlock has it, `'mutex:'` as redis-semaphore has it. */
  readonly prefix?: string | undefined;
  /** How long an answer of Redis may take, and a connection. `'2s'` by default, at least 10 ms. */
  readonly timeout?: Duration | undefined;
  /** How many replicas must have a grant before it counts. 0 by default: see {@link RedisOptions.replicas}. */
  readonly replicas?: number | undefined;
  /** The longest ttl of a lock. `'1h'` by default, at most 24 h. */
  readonly maxTtl?: Duration | undefined;
}

/** Options of `redis([a, b, c])`, on several servers that know nothing of each other. */
export interface QuorumRedisOptions {
  /** What the keys begin with: `'rxlock:'` by default; `''` as redlock has it. */
  readonly prefix?: string | undefined;
  /** How long an answer of Redis may take, and a connection. `'2s'` by default, at least 10 ms. */
  readonly timeout?: Duration | undefined;
  /** The longest ttl of a lock. `'1h'` by default, at most 24 h. */
  readonly maxTtl?: Duration | undefined;
}
