import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from './numbers.mjs';

export const WAITERS = 20;
export const HOLD = 1;

/**
 * One holds the lock for 1 ms and 20 wait. Whoever has released it asks again as soon as another has it: so there are
 * always 20 who wait, and each release is a hand-off to another.
 *
 * @param acquire Takes the lock for the contender of this number; gives a function that releases it.
 * @returns Milliseconds: of the hand-offs, and the longest wait, that of those who still wait at the end included; and
 * how often it was acquired at all.
 */
export async function contend(acquire, millis) {
  const handOffs = [];
  const waitingSince = new Map();
  let longest = 0;
  let acquired = 0;
  let released;
  let tookOver = () => {};
  const end = performance.now() + millis;

  const contender = async (number) => {
    while (performance.now() < end) {
      waitingSince.set(number, performance.now());
      const release = await acquire(number);
      const now = performance.now();
      acquired++;
      if (now < end) {
        longest = Math.max(longest, now - waitingSince.get(number));
        if (released !== undefined) handOffs.push(now - released);
      }
      waitingSince.delete(number);
      tookOver();
      await pause(HOLD);
      const another = new Promise((resolve) => (tookOver = resolve));
      released = performance.now();
      await release();
      // At the end nobody may be left to take over.
      if (waitingSince.size > 0) await another;
    }
  };

  const atEnd = pause(millis).then(() => {
    for (const since of waitingSince.values()) longest = Math.max(longest, performance.now() - since);
  });
  await Promise.all([atEnd, ...Array.from({ length: WAITERS + 1 }, (_, number) => contender(number))]);
  return { p50: quantile(handOffs, 0.5), p99: quantile(handOffs, 0.99), longest, acquired };
}
