import { setTimeout as pause } from 'node:timers/promises';
import { quick } from './bench.mjs';
import { cost } from './numbers.mjs';

/** How many locks each side holds. */
export const HELD = quick ? 500 : 10_000;
const ROUNDS = quick ? 1 : 3;
/** The locks are taken over this long, so that their renewals come evenly, as where requests come and go. */
const SPREAD = quick ? 500 : 3000;

/**
 * A side that holds locks.
 *
 * @param window How long they are watched, in milliseconds.
 * @param hold Takes one, by its name.
 * @param check Throws unless all were held throughout.
 */
export const holder = (window, hold, check) => ({
  async hold() {
    for (let from = 0; from < HELD; from += HELD / 100) {
      await Promise.all(Array.from({ length: HELD / 100 }, (_, i) => hold(`held-${from + i}`)));
      await pause(SPREAD / 100);
    }
  },
  /** Per cent of a core. */
  async round() {
    const { cpu, wall } = await cost(() => pause(window / ROUNDS));
    return (100 * cpu) / wall;
  },
  check,
});

/** Lets all sides hold theirs at the same time. @returns The rounds of each. */
export async function measureHolding(started) {
  await Promise.all(started.map((one) => one.hold()));
  await pause(quick ? 0 : 2000); // what the acquisitions left behind
  const values = started.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    (await Promise.all(started.map((one) => one.round()))).forEach((value, i) => values[i].push(value));
  }
  await Promise.all(started.map((one) => one.check()));
  return values;
}
