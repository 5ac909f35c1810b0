import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds; fails if it does not within the bound (10 s), which decides nothing else. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = 'the condition',
  within = 10_000,
): Promise<void> {
  const end = performance.now() + within;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} did not come about within ${String(within)} ms`);
    await sleep(5);
  }
}
