import { LockLostError } from '../../../contract/errors.js';
import type { Settings } from '../document/settings.js';
import type { RedlockAbortSignal } from '../document/types.js';
import type { Quorum, Won } from './quorum.js';
import { ExtendedLock } from './extended-lock.js';
import { watchedSignal } from './watched-signal.js';

/** What runs while a lock is held. */
export type Routine<T> = (signal: RedlockAbortSignal) => Promise<T>;

/** Runs it, extends the lock until it has ended, and gives that back then. */
export async function runUnder<T>(
  quorum: Quorum,
  won: Won,
  { duration, settings }: { readonly duration: number; readonly settings: Settings },
  routine: Routine<T>,
): Promise<T> {
  const controller = new AbortController();
  const kept = new ExtendedLock(quorum, won, duration, settings, (error) => {
    controller.abort(error);
  });
  const signal = watchedSignal(controller, () => kept.error);
  let loss: Error | undefined;
  let value: T;
  try {
    // It may throw before it gives a promise.
    value = await routine(signal);
  } finally {
    loss = kept.error ?? (await stop(kept, quorum, duration));
    if (kept.error !== undefined) quorum.giveUp(won.stake, duration);
  }
  if (loss !== undefined) throw loss;
  return value;
}

/** @returns Why the lock was not held any more, if it was not. That nobody has answered ends no work in an error: it runs out. */
async function stop(kept: ExtendedLock, quorum: Quorum, duration: number): Promise<Error | undefined> {
  kept.stop();
  try {
    await quorum.release(kept.grant, duration);
    return undefined;
  } catch (error) {
    return error instanceof LockLostError ? error : undefined;
  }
}
