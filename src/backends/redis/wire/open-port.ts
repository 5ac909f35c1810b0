import { LockConfigError } from '../../../contract/errors.js';
import { show } from '../../../values/show.js';
import { ioredisClusterPort, type IoredisCluster } from './ioredis-cluster.js';
import { ioredisPort } from './ioredis-port.js';
import type { IoredisClient } from './ioredis-link.js';
import { nodeRedisClusterPort, type NodeRedisCluster } from './node-redis-cluster.js';
import { nodeRedisPort } from './node-redis-port.js';
import type { NodeRedisClient } from './node-redis-link.js';
import { nodeRedisSentinelPort, type NodeRedisSentinel } from './node-redis-sentinel.js';
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
  if (isIoredisCluster(source)) return ioredisClusterPort(source);
  if (isIoredis(source)) return ioredisPort(source);
  if (isNodeRedis(source)) return nodeRedisPort(source);
  if (isNodeRedisCluster(source)) return nodeRedisClusterPort(source);
  if (isNodeRedisSentinel(source)) return nodeRedisSentinelPort(source);
  throw new LockConfigError(
    `the client of Redis is ${whatItIs(source)}: pass a client of 'ioredis' or of 'redis', version 5 or later, or a URL such as 'redis://host:port'`,
    { option: 'client' },
  );
}

/** What is passed most often in place of a client. */
function whatItIs(source: unknown): string {
  if (has(source, 'then')) return 'a promise, which is to be awaited first';
  const isOptions =
    typeof source === 'object' && source !== null && ['host', 'port', 'url', 'socket'].some((key) => key in source);
  return isOptions ? 'an object of options' : show(source);
}

function isIoredis(source: unknown): source is IoredisClient {
  return has(source, 'duplicate', 'call', 'disconnect') && typeof (source as IoredisClient).status === 'string';
}

function isIoredisCluster(source: unknown): source is IoredisCluster {
  return isIoredis(source) && (source as { isCluster?: unknown }).isCluster === true;
}

function isNodeRedis(source: unknown): source is NodeRedisClient {
  return has(source, 'duplicate', 'sendCommand', 'unref') && typeof (source as NodeRedisClient).isOpen === 'boolean';
}

function isNodeRedisCluster(source: unknown): source is NodeRedisCluster {
  return has(source, 'duplicate', 'sendCommand', 'nodeClient');
}

function isNodeRedisSentinel(source: unknown): source is NodeRedisSentinel {
  return has(source, 'sendCommand', 'getMasterNode', '_execute');
}

function has(source: unknown, ...methods: readonly string[]): boolean {
  if (typeof source !== 'object' || source === null) return false;
  return methods.every((method) => typeof (source as Readonly<Record<string, unknown>>)[method] === 'function');
}
