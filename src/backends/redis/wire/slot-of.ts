import calculateSlot from 'cluster-key-slot';
import type { RedisPort } from './port.js';

/** The hash slot of a key as the server will see it; 0 where there are no slots. */
export function slotOf({ isCluster, keyPrefix }: RedisPort, key: string): number {
  return isCluster ? calculateSlot(keyPrefix + key) : 0;
}

const tags: string[] = [];
let last = 0;

/** A hash tag of a slot. */
export function tagOf(slot: number): string {
  let known = tags[slot];
  while (known === undefined) {
    const tag = (last++).toString(36);
    tags[calculateSlot(tag)] ??= tag;
    known = tags[slot];
  }
  return known;
}
