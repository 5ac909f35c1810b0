import { setTimeout as pause } from 'node:timers/promises';
import { quick } from './bench.mjs';

/**
 * A side that gives the kilobytes of heap that a held lock takes.
 *
 * @param hold Takes a lock for each of the names, and gives what its user has of each.
 */
export const heapOf = (count, hold) => ({
  async heap() {
    const names = Array.from({ length: quick ? Math.min(count, 200) : count }, (_, i) => `held-${i}`);
    await hold(['first']); // what is made once, for the first
    const before = await used();
    const held = await hold(names);
    const after = await used();
    if (held.length !== names.length) throw new Error(`${held.length} of ${names.length} held`);
    return (after - before) / names.length / 1024;
  },
});

/** Heap in use, with timers and late callbacks over. */
async function used() {
  for (let i = 0; i < 3; i++) {
    await pause(50);
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

/** So many at a time: a burst of thousands would leave its queues behind. */
export async function each(names, hold) {
  const held = [];
  for (let i = 0; i < names.length; i += 100) held.push(...(await Promise.all(names.slice(i, i + 100).map(hold))));
  return held;
}
