import { addressOf } from './address-of.js';
import { ioredisLinks, type IoredisClient } from './ioredis-link.js';
import { keyPrefixOf } from './key-prefix-of.js';
import { LinkPort } from './link-port.js';
import { placesOf } from './places-of.js';
import type { RedisPort } from './port.js';

/** The port of ioredis, and of those that came from it: single, or through Sentinel. */
export function ioredisPort(client: IoredisClient): RedisPort {
  return new LinkPort(whereOf(client.options), ioredisLinks(client), keyPrefixOf(client.options));
}

function whereOf(options: IoredisClient['options']): string {
  const { sentinels, name, path, host, port } = options as Readonly<Record<string, string | undefined>>;
  return Array.isArray(sentinels)
    ? `${name ?? ''} of the Sentinels at ${placesOf(sentinels, 26_379)}`
    : (path ?? addressOf(host, port));
}
