import { shardOf } from '../../../backends/dflockd/client/shard-of.js';
import { invalid } from '../document/validate.js';

/**
 * Which of several servers has a key: CRC-32 of its UTF-8, modulo their number.
 *
 * @throws LockError unless there is at least one server.
 *
 * @example
 * ```ts
 * import { stableHashShard } from 'rxlock/compat/dflockd';
 *
 * console.log(stableHashShard('my-resource', 3));
 * ```
 */
export function stableHashShard(key: string, numServers: number): number {
  if (!Number.isInteger(numServers) || numServers < 1) {
    throw invalid('numServers', `numServers ${String(numServers)} is no positive integer`);
  }
  return shardOf(key, numServers);
}
