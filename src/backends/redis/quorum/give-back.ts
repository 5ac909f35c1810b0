import type { Grant } from '../../../contract/backend.js';
import { RedisGrant } from '../locks/redis-grant.js';
import type { PlainEngine } from '../plain/plain-engine.js';

/**
 * Gives back what one server has given, until that is confirmed or it has run out.
 *
 * @param ttl Milliseconds.
 */
export function giveBack({ doubts }: PlainEngine, part: Grant | undefined, ttl: number): void {
  if (part instanceof RedisGrant) doubts.add(part.name, RedisGrant.titleOf(part), ttl, false);
}
