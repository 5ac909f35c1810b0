import calculateSlot from 'cluster-key-slot';
import type { RedisPort } from './port.js';

/** The hash slot of a key as the server will see it; 0 where there are no slots. */
export function slotOf({ isCluster, keyPrefix }: RedisPort, key: string): number {
  return isCluster ? calculateSlot(keyPrefix + key) : 0;
}
