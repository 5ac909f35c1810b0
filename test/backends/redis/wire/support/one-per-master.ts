import type { RedisPort } from '../../../../../src/backends/redis/wire/port.js';

/** Of some keys the first of each master, in the order of the masters. */
export function onePerMaster(port: RedisPort, keys: readonly string[]): readonly string[] {
  return port.nodes().map((node) => {
    const key = keys.find((one) => port.nodeOf(one) === node);
    if (key === undefined) throw new Error('too few keys');
    return key;
  });
}
