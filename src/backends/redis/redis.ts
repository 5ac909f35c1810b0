import { redisBackend } from './backend.js';
import type { PlainRedisOptions, RedisOptions } from './client/options.js';
import { resolvePlain, resolveSettings } from './client/settings.js';
import { plainBackend, type PlainBackend } from './plain/plain-backend.js';
import type { RedisBackend } from './redis-backend.js';
import { openPort } from './wire/open-port.js';

/**
 * Locks in Redis: on one server, with Sentinel, or in a Cluster; version 6.2 or later, or Valkey.
 *
 * Who waits is served in the order of arrival, and is told when it is his turn. Time is the server's. Each grant has a fencing token that
 * grows, also over a restart that lost all data, unless the server's clock is set back.
 *
 * @param client A client of `ioredis` or of `redis` (node-redis), version 5 or later, which is not touched: connections of our own are made like it. Or a
 * URL: `redis://user:password@host:port/database`, `rediss://` for TLS; then one of these packages must be installed.
 * @param options `prefix` (`'rxlock:'`), `timeout` of an answer (`'2s'`), `slot` (none), `lockDelay` (0), `replicas` (0), `coldStart`
 * (`'grant'`), `maxTtl` (`'1h'`).
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
export function redis(client: string | object, options?: RedisOptions): RedisBackend;
/**
 * Locks that processes with `redlock` or `redis-semaphore` respect, and that respect theirs: one key for each lock, with a random value. Who waits asks
 * again and again, and there is no fencing token.
 *
 * @param client As above.
 * @param options `keys: 'plain'`; `prefix` (`''`; redis-semaphore: `'mutex:'`), `timeout` (`'2s'`), `replicas` (0), `maxTtl` (`'1h'`).
 * @throws As above.
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
export function redis(client: string | object, options: PlainRedisOptions): PlainBackend;
export function redis(
  client: string | object,
  options: RedisOptions | PlainRedisOptions = {},
): RedisBackend | PlainBackend {
  if (options?.keys === 'plain') {
    const settings = resolvePlain(options);
    return plainBackend(openPort(client), settings);
  }
  const settings = resolveSettings(options);
  return redisBackend(openPort(client), settings);
}
