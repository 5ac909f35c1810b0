import { getHeapSpaceStatistics } from 'node:v8';
import { collect } from './collect.js';

const OLD = /^(old|large_object)_space$/;

/**
 * How much of what comes and goes is kept until the next full garbage collection, after there was one. What is not is gone
 * with a small one, which does not look at old memory.
 *
 * @returns Bytes for each time.
 */
export function promoted(times: number, run: () => void): number {
  for (let i = 0; i < times; i++) run();
  collect();
  // What is new becomes old now.
  for (let i = 0; i < times; i++) run();
  const before = old();
  for (let i = 0; i < times; i++) run();
  return (old() - before) / times;
}

function old(): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name }) => OLD.test(space_name))
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}
