import { LockConfigError } from '../../../contract/errors.js';
import { show } from '../../../values/show.js';
import { ioredisPort } from './ioredis-port.js';
import type { IoredisClient } from './ioredis-link.js';
import type { RedisPort } from './port.js';
import { urlPort } from './url-port.js';

/**
 * Opens the way to a Redis. Nothing is connected, and nothing loaded, before `connect()`.
 *
 * @param source A client of ioredis or node-redis, which is not touched: the port makes connections of its own like it. Or a URL,
 * `redis://user:password@host:port/database`, or `rediss://` for TLS, for which ioredis is loaded, else node-redis.
 * @throws LockConfigError naming what is accepted, if it is neither.
 */
export function openPort(source: unknown): RedisPort {
  if (typeof source === 'string') return urlPort(source);
  if (isIoredis(source)) return ioredisPort(source);
  throw new LockConfigError(
    `the client of Redis is ${show(source)}: pass a client of 'ioredis' or of 'redis', version 5 or later, or a URL such as 'redis://host:port'`,
    { option: 'client' },
  );
}

function isIoredis(source: unknown): source is IoredisClient {
  if (typeof source !== 'object' || source === null) return false;
  const client = source as Partial<IoredisClient>;
  return (
    typeof client.duplicate === 'function' && typeof client.call === 'function' && typeof client.status === 'string'
  );
}
