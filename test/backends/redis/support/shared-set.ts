import { createLocks, type Lease, type Locks } from '../../../../src/index.js';
import { redis, type RedisBackend } from '../../../../src/backends/redis/index.js';
import type { RedisServer } from '../../../support/redis-server.js';

/** How a client reads the set, and writes it back. */
export interface SetAccess {
  /** @returns `undefined` if it was refused. */
  read(lease: Lease<bigint>): Promise<string | undefined>;
  /** @returns Was it written? */
  write(lease: Lease<bigint>, text: string): Promise<boolean>;
}

/** One of those who share the set: a client of the lock, and a way to the set. */
export class SetClient {
  readonly locks: Locks<bigint>;
  readonly access: SetAccess;
  private readonly backend: RedisBackend;

  constructor(
    server: RedisServer,
    readonly key: string,
    access: (client: SetClient) => SetAccess,
  ) {
    this.backend = redis(server.url);
    this.locks = createLocks(this.backend);
    this.access = access(this);
  }

  /** Runs a script of Redis that only the holder can run. */
  guarded(lease: Lease<bigint>, script: string, args: readonly string[]): Promise<unknown> {
    return this.backend.guarded(lease, script, [this.key], args);
  }
}

/** Trusts in the lock alone. */
export function unfenced(server: RedisServer): (client: SetClient) => SetAccess {
  return ({ key }) => ({
    read: async () => (await server.admin.get(key)) ?? '',
    write: async (_, text) => (await server.admin.set(key, text)) === 'OK',
  });
}

const FENCED_READ = `
local last = tonumber(redis.call('HGET', KEYS[1], 'token') or '0')
if tonumber(ARGV[1]) < last then return false end
redis.call('HSET', KEYS[1], 'token', ARGV[1])
return redis.call('HGET', KEYS[1], 'text') or ''`;
const FENCED_WRITE = `
local last = tonumber(redis.call('HGET', KEYS[1], 'token') or '0')
if tonumber(ARGV[1]) < last then return 0 end
redis.call('HSET', KEYS[1], 'text', ARGV[2], 'token', ARGV[1])
return 1`;

/** The set itself refuses whoever comes with an older token than it has seen. */
export function fenced(server: RedisServer): (client: SetClient) => SetAccess {
  return ({ key }) => ({
    read: async ({ fencingToken }) =>
      ((await server.ask('EVAL', FENCED_READ, 1, key, String(fencingToken))) as string | null) ?? undefined,
    write: async ({ fencingToken }, text) =>
      (await server.ask('EVAL', FENCED_WRITE, 1, key, String(fencingToken), text)) === 1,
  });
}

/** Redis runs what is asked only while the lease is the holder. */
export function guarded(): (client: SetClient) => SetAccess {
  const orLost = async <T>(asked: Promise<T>): Promise<T | undefined> => {
    try {
      return await asked;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 'ERR_LOCK_LOST') return undefined;
      throw error;
    }
  };
  return (client) => ({
    read: async (lease) =>
      (await orLost(client.guarded(lease, "return redis.call('GET', KEYS[1]) or ''", []))) as string | undefined,
    write: async (lease, text) =>
      (await orLost(client.guarded(lease, "return redis.call('SET', KEYS[1], ARGV[1])", [text]))) !== undefined,
  });
}
