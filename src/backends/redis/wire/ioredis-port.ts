import { addressOf } from './address-of.js';
import { ioredisLinks, type IoredisClient } from './ioredis-link.js';
import { LinkPort } from './link-port.js';
import type { RedisPort } from './port.js';

/** The port of ioredis, and of those that came from it: single, or through Sentinel. */
export function ioredisPort(client: IoredisClient): RedisPort {
  const { keyPrefix } = client.options;
  return new LinkPort(
    whereOf(client.options),
    ioredisLinks(client),
    typeof keyPrefix === 'string' ? keyPrefix : replyPrefix(keyPrefix),
  );
}

/** It may be bytes. */
function replyPrefix(prefix: unknown): string {
  return prefix instanceof Uint8Array ? Buffer.from(prefix).toString() : '';
}

interface Place {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string;
  readonly name?: string;
  readonly sentinels?: readonly Place[] | null;
}

function whereOf({ sentinels, name, path, host, port }: Place): string {
  if (Array.isArray(sentinels)) {
    const places = (sentinels as readonly Place[]).map((one) => addressOf(one.host, one.port ?? 26_379));
    return `${name ?? 'mymaster'} of Sentinel at ${places.join(', ')}`;
  }
  return path ?? addressOf(host, port);
}
