import { LockConfigError } from '../../contract/errors.js';
import type { PlainRedisOptions, QuorumRedisOptions, RedisOptions } from './client/options.js';
import type { RedisClient } from './client/redis-client.js';
import type { EitherBackend } from './either-backend.js';
import type { PlainBackend } from './plain/plain-backend.js';
import type { QuorumBackend } from './quorum/quorum-backend.js';
import type { RedisBackend } from './redis-backend.js';

/**
 * What a browser gets in place of its namesake for Node: Redis speaks TCP, which no page can. It is there so that programs
 * for both can be bundled.
 *
 * @throws LockConfigError always.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { octostore } from 'rxlock/octostore';
 *
 * const locks = createLocks(octostore({ token: 'your-token-here' })); // what a page can use
 * ```
 */
export function redis(client: RedisClient, options?: RedisOptions): RedisBackend;
/** Throws `LockConfigError`: a browser has no TCP. */
export function redis(clients: readonly RedisClient[], options?: QuorumRedisOptions): QuorumBackend;
/** Throws `LockConfigError`: a browser has no TCP. */
export function redis(client: RedisClient, options: PlainRedisOptions): PlainBackend;
/** Throws `LockConfigError`: a browser has no TCP. */
export function redis(client: RedisClient, options: RedisOptions | PlainRedisOptions): EitherBackend;
export function redis(): never {
  throw new LockConfigError(
    'redis() speaks TCP, which browsers cannot: use it on Node, and rxlock/socket or rxlock/octostore in a browser',
  );
}
