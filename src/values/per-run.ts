import { asyncScheduler } from 'rxjs';

interface Kept {
  value: unknown;
  /** When it was asked for last, in the run's time. */
  at: number;
}

/**
 * Gives what belongs to the TestScheduler's run that goes on now: made when it is first asked for, gone with the run.
 *
 * @param key Where it is kept on `globalThis`, so that two copies of the package share it.
 * @param make Called once in each run.
 */
export function perRun<T>(key: symbol, make: () => T): T {
  const slots = globalThis as Record<symbol, Kept | undefined>;
  const at = asyncScheduler.now();
  let kept = slots[key];
  // Time falls between two runs that follow at once.
  if (kept === undefined || at < kept.at) {
    const made = (slots[key] = kept = { value: make(), at });
    // A run is over before any promise settles.
    void Promise.resolve().then(() => {
      if (slots[key] === made) slots[key] = undefined;
    });
  }
  kept.at = at;
  return kept.value as T;
}
