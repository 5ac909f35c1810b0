import type { TestScheduler } from 'rxjs/testing';
import type { Features, LockBackend, TokenOf } from '../contract/backend.js';
import { LockConfigError, LockValidationError } from '../contract/errors.js';
import type { Locks } from '../contract/locks.js';
import type { LocksOptions } from '../contract/options.js';
import { createLocks } from '../locks/create-locks.js';
import { schedulerClock } from '../values/scheduler-clock.js';
import { EndlessError } from './endless-error.js';

/** The root's `createLocks`, in the virtual time of one marble test. */
export type CreateLocksIn = <F extends Features>(backend: LockBackend<F>, options?: LocksOptions) => Locks<TokenOf<F>>;

/** What is needed of a marble test: the scheduler whose time it is. The `m` of rxjs-marbles has it. */
export interface MarbleContext {
  readonly scheduler: TestScheduler;
}

/**
 * As late as chance allows: a retry waits for its whole delay, so that no lock is asked for again and again within one
 * frame; and a renewal goes out a tenth early, which is 0.3 × ttl.
 */
const RANDOM = 1 - 1e-9;

/** At so many moments nobody renews or retries who means to end. */
const ENDLESS = 50_000;

/** How many `Locks` a test has made: their holders differ however many functions made them. */
const made = new WeakMap<TestScheduler, number>();

/**
 * Makes the `createLocks` of one marble test, as `virtualTime` and `marbles` give it: its locks live in the test's virtual time and
 * without chance. First renewals go out at exactly 0.3 × ttl, and retries wait for exactly the ceiling of their delay. The holders
 * are `'locks-1'`, `'locks-2'` and so on.
 *
 * For tests that another library runs: rxjs-marbles, or your own `TestScheduler`.
 *
 * @param context The `m` of rxjs-marbles, or any object with a `scheduler`.
 * @returns A `createLocks`. It throws `LockConfigError` when it is called outside `TestScheduler.run`: under
 * `configure({ run: false })`, or after an `await`.
 * @throws LockValidationError if there is no scheduler of tests in `context`.
 *
 * @example
 * ```ts
 * import { TestScheduler } from 'rxjs/testing';
 * import { createLocksIn, scripted, toMarbles } from 'rxlock/testing';
 * import assert from 'node:assert';
 *
 * const scheduler = new TestScheduler(assert.deepStrictEqual);
 *
 * scheduler.run(({ expectObservable }) => {
 *   const createLocks = createLocksIn({ scheduler });
 *   const locks = createLocks(scripted({ acquire: 'q--g' }));
 *   expectObservable(locks.lock$('a', '30s').pipe(toMarbles()), '^---!').toBe('w--a');
 * });
 * ```
 */
export function createLocksIn({ scheduler }: MarbleContext): CreateLocksIn {
  if (typeof scheduler?.createTime !== 'function') {
    throw new LockValidationError('createLocksIn takes { scheduler: TestScheduler }', { option: 'scheduler' });
  }
  const runtime = { scheduler, clock: schedulerClock(scheduler), random: lateChance(scheduler) };
  return (backend, options) => {
    requireRun(scheduler);
    const count = (made.get(scheduler) ?? 0) + 1;
    made.set(scheduler, count);
    return createLocks(backend, { ...runtime, holder: `locks-${String(count)}`, ...options });
  };
}

/**
 * Chance is asked for at each renewal and each retry. Where that goes on and on, nobody unsubscribes: the test would run for
 * ever, and no test runner can end a test that never pauses. So the run is ended with an error.
 */
function lateChance(scheduler: TestScheduler): () => number {
  let frame = -1;
  let frames = 0;
  return () => {
    if (scheduler.now() === frame) return RANDOM;
    frame = scheduler.now();
    frames += 1;
    if (frames === ENDLESS) {
      // Thrown where nobody but the scheduler sees it.
      scheduler.schedule(() => {
        throw new EndlessError(`in virtual time, a lock was renewed or asked for ${String(ENDLESS)} times`);
      });
    }
    return RANDOM;
  };
}

/** A character is a millisecond, and time has no end, only within `run`: locks that begin outside it would never be renewed. */
function requireRun(scheduler: TestScheduler): void {
  if (scheduler.createTime('-|') === 1 && scheduler.maxFrames === Infinity) return;
  throw new LockConfigError(
    'locks in marbles are made within TestScheduler.run: not with configure({ run: false }), and not after an await',
    { option: 'scheduler' },
  );
}
