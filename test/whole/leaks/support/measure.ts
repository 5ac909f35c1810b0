import { setImmediate as turn } from 'node:timers/promises';
import { collect } from '../../../support/collect.js';
import { until } from '../../../support/poll.js';

/** What is done again and again. */
export type Cycle = (index: number) => unknown;

/** Bytes a cycle. The smallest thing that could be kept for each of them, a subscription in a list, is larger. */
const ALLOWED = 24;
/** What is kept is kept each time; what else moves the heap, not. */
const ROUNDS = 6;
/** Cycles between two turns of the event loop. */
const TURN = 50;

/** What is in use when all that is unreachable is gone. Bytes. */
async function heap(): Promise<number> {
  // Finalizers and weak references need turns of their own.
  for (let i = 0; i < 2; i++) {
    collect();
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

/** What keeps the process alive, of one kind. */
function active(kind: 'Timeout' | 'Immediate'): number {
  return process.getActiveResourcesInfo().filter((one) => one === kind).length;
}

async function run(cycle: Cycle, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const done = cycle(i);
    if (done instanceof Promise) await done;
    if (i % TURN === 0) await turn();
  }
}

/** How a heap grew. */
export interface Growth {
  /** Bytes a cycle, in the best of some rounds. */
  readonly perCycle: number;
  readonly isFlat: boolean;
}

/**
 * Does it again and again, and tells whether the heap grows with it: the second half is compared with the first.
 *
 * Another half follows while it does, because a heap may grow for other reasons; what leaks does so each time.
 */
export async function grow(cycles: number, cycle: Cycle): Promise<Growth> {
  const half = cycles / 2;
  await run(cycle, 0, half);
  let before = await heap();
  let perCycle = Infinity;
  for (let round = 1; round <= ROUNDS && perCycle > ALLOWED; round++) {
    await run(cycle, round * half, (round + 1) * half);
    const after = await heap();
    perCycle = Math.min(perCycle, (after - before) / half);
    before = after;
  }
  return { perCycle, isFlat: perCycle <= ALLOWED };
}

/** Resolves when there are no more timers than before. Call it before, and what it returns after. */
export function timers(): () => Promise<void> {
  const [timeouts, immediates] = [active('Timeout'), active('Immediate')];
  return () => until(() => active('Timeout') <= timeouts && active('Immediate') <= immediates, 'the end of the timers');
}
