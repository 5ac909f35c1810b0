import type { RedisServer } from '../../../../support/redis-server.js';

/** All keys in Redis that are of a name, without what is common to them: `x`, `f`, `h`, `i`, `q`, `a`; of its semaphore with an `s` before it. */
export async function keysOf(server: RedisServer, name: string): Promise<readonly string[]> {
  const keys = (await server.ask('KEYS', `*{${name}}:*`)) as readonly string[];
  return keys.map((key) => key.slice(key.lastIndexOf(':') + 1)).sort();
}
