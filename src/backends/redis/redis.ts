import { redisBackend } from './backend.js';
import type { PlainRedisOptions, QuorumRedisOptions, RedisOptions } from './client/options.js';
import type { RedisClient } from './client/redis-client.js';
import { resolvePlain, resolveQuorum, resolveSettings } from './client/settings.js';
import type { EitherBackend } from './either-backend.js';
import { plainBackend, type PlainBackend } from './plain/plain-backend.js';
import { checkServers, quorumBackend, type QuorumBackend } from './quorum/quorum-backend.js';
import type { RedisBackend } from './redis-backend.js';
import { openPort } from './wire/open-port.js';

/**
 * Locks in Redis: on one server, with Sentinel, or in a Cluster; version 6.2 or later, or Valkey.
 *
 * Who waits is served in the order of arrival, and is told when it is his turn. Time is the server's. Each grant has a fencing token that
 * grows, also over a restart that lost all data, unless the server's clock is set back.
 *
 * @param client A client of `ioredis` or of `redis` (node-redis), version 5 or later. It is not used: rxlock makes connections of its own like it. Or a
 * URL: `redis://user:password@host:port/database`, `rediss://` for TLS; then one of these packages must be installed.
 * @param options `prefix` (`'rxlock:'`), `timeout` of an answer (`'2s'`), `slot` (none), `lockDelay` (0), `replicas` (0), `coldStart`
 * (`'grant'`), `maxTtl` (`'1h'`), `tracking` (false).
 * @returns A backend for `createLocks`. Lock ttls are from 1 s to `maxTtl`.
 * @throws LockConfigError if `client` is none that is known. LockValidationError for a bad option, naming it.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { redis } from 'rxlock/redis';
 *
 * const locks = createLocks(redis('redis://127.0.0.1:6379'));
 * await locks.using('nightly-report', '30s', async (lease) => console.log(`token ${lease.fencingToken}`));
 * await locks.close();
 * ```
 */
export function redis(client: RedisClient, options?: RedisOptions): RedisBackend;
/**
 * Locks on several servers that know nothing of each other: you have a lock if a majority of them granted it. So a minority may be gone, or may
 * have lost its data. Who waits asks again and again, and there is no fencing token.
 *
 * @param clients An odd number of clients or URLs, as for one server, each of a server, a Sentinel group or a Cluster of its own.
 * @param options `prefix` (`'rxlock:'`; `''` for what redlock has on several servers), `timeout` (`'2s'`), `maxTtl` (`'1h'`).
 * @throws LockConfigError for an even number of them, or one that is there twice, or that is no client. LockValidationError for a bad option, naming it.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { redis } from 'rxlock/redis';
 *
 * const locks = createLocks(redis(['redis://10.0.0.1', 'redis://10.0.0.2', 'redis://10.0.0.3'], { timeout: '500ms' }));
 * const work = locks.using('nightly-report', '30s', (lease) => console.log(`held for ${lease.remaining()} ms`));
 * await Promise.all([work.catch(() => console.log('too few servers')), locks.close()]);
 * ```
 */
export function redis(clients: readonly RedisClient[], options?: QuorumRedisOptions): QuorumBackend;
/**
 * Locks that processes with `redlock` or `redis-semaphore` respect, and that respect theirs: one key for each lock, with a random value. Who waits asks
 * again and again, and there is no fencing token.
 *
 * @param client A client of `ioredis` or `redis` (node-redis), version 5 or later, or a URL.
 * @param options `keys: 'plain'`; `prefix` (`''`; redis-semaphore: `'mutex:'`), `timeout` (`'2s'`), `replicas` (0), `maxTtl` (`'1h'`).
 * @throws LockConfigError if `client` is none that is known. LockValidationError for a bad option, naming it.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { redis } from 'rxlock/redis';
 *
 * const locks = createLocks(redis('redis://127.0.0.1:6379', { keys: 'plain' }));
 * await locks.using('locks:account:322456', '30s', async (lease) => console.log(`held for ${lease.remaining()} ms`));
 * await locks.close();
 * ```
 */
export function redis(client: RedisClient, options: PlainRedisOptions): PlainBackend;
/**
 * Locks in Redis, if TypeScript cannot know whether `keys` is `'rxlock'` or `'plain'`. `features` says which it is, and leases have a fencing
 * token or none.
 *
 * @param client A client of `ioredis` or `redis` (node-redis), version 5 or later, or a URL.
 * @param options `keys`, and what both kinds have: `prefix`, `timeout`, `replicas`, `maxTtl`.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { redis } from 'rxlock/redis';
 *
 * const keys = process.env['LOCK_KEYS'] === 'plain' ? 'plain' : 'rxlock';
 * const locks = createLocks(redis('redis://127.0.0.1:6379', { keys }));
 * await locks.using('nightly-report', '30s', async (lease) => console.log(`held for ${lease.remaining()} ms`));
 * await locks.close();
 * ```
 */
export function redis(client: RedisClient, options: RedisOptions | PlainRedisOptions): EitherBackend;
export function redis(
  client: RedisClient | readonly RedisClient[],
  options: RedisOptions | PlainRedisOptions | QuorumRedisOptions = {},
): RedisBackend | PlainBackend | QuorumBackend {
  if (Array.isArray(client)) {
    checkServers(client);
    const settings = resolveQuorum(options);
    return quorumBackend(client.map(openPort), settings);
  }
  if ((options as PlainRedisOptions | undefined)?.keys === 'plain') {
    const settings = resolvePlain(options as PlainRedisOptions);
    return plainBackend(openPort(client), settings);
  }
  const settings = resolveSettings(options as RedisOptions);
  return redisBackend(openPort(client), settings);
}
