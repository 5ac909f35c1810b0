import { addressOf } from './address-of.js';
import { LinkPort } from './link-port.js';
import { nodeRedisLinks, type NodeRedisClient } from './node-redis-link.js';
import type { RedisPort } from './port.js';

interface Place {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

/** The port of a client of node-redis. */
export function nodeRedisPort(client: NodeRedisClient): RedisPort {
  const { keyPrefix, socket } = client.options ?? {};
  const prefix = typeof keyPrefix === 'string' ? keyPrefix : '';
  const { path, host, port } = (socket ?? {}) as Place;
  return new LinkPort(path ?? addressOf(host, port), nodeRedisLinks(client, prefix), prefix);
}
