import { Redis } from 'ioredis';
import { createClient } from 'redis';
import type { RedisServer } from '../../../../support/redis-server.js';

/** A client as a user makes it, with options that are wrong for locks, and not connected. */
export interface ClientCase {
  readonly title: string;
  readonly keyPrefix: string;
  /** @returns What `openPort` gets, and what ends it. */
  open(server: RedisServer): { readonly source: unknown; end(): void };
}

function throughIoredis(protocol: 2 | 3, keyPrefix: string, more: object = {}): ClientCase['open'] {
  return ({ host, port }) => {
    const source = new Redis({
      host,
      port,
      protocol,
      keyPrefix,
      lazyConnect: true,
      commandTimeout: 50,
      reconnectOnError: () => 2,
      enableAutoPipelining: true,
      ...more,
    });
    return {
      source,
      end: () => {
        source.disconnect();
      },
    };
  };
}

function throughNodeRedis(RESP: 2 | 3, keyPrefix: string): ClientCase['open'] {
  return ({ host, port }) => {
    const source = createClient({
      socket: { host, port, socketTimeout: 50 },
      RESP,
      keyPrefix,
      commandOptions: { timeout: 50 },
      ...(RESP === 3 ? { maintNotifications: 'auto' as const } : {}),
    });
    return { source, end: () => undefined };
  };
}

/** Each client library, in RESP2 and RESP3. */
export const CLIENTS: readonly ClientCase[] = [
  { title: 'ioredis, RESP3', keyPrefix: 'app:', open: throughIoredis(3, 'app:', { replyMapping: 'resp3' }) },
  { title: 'ioredis, RESP2', keyPrefix: '', open: throughIoredis(2, '', { stringNumbers: true }) },
  { title: 'node-redis, RESP3', keyPrefix: 'app:', open: throughNodeRedis(3, 'app:') },
  { title: 'node-redis, RESP2', keyPrefix: '', open: throughNodeRedis(2, '') },
  { title: 'a URL', keyPrefix: '', open: ({ url }) => ({ source: url, end: () => undefined }) },
];
