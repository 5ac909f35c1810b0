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

/** After so many moments of renewals and retries it is asked whether the test has planned anything else. */
const ENDLESS = 50_000;
/** At so many nobody renews or retries who means to end: a test of that would take a minute. */
const MOST = 5_000_000;
/** What is due later is planned by the test, and not by a lock. Milliseconds. */
const LONGEST_TTL = 3_600_000;

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
 * ever, and no test runner can end a test that never pauses. So the run is ended with an error; but not before what the test
 * itself has planned, which may be the end of a long one.
 */
function lateChance(scheduler: TestScheduler): () => number {
  let frame = -1;
  let frames = 0;
  let planned: number | undefined;
  return () => {
    const now = scheduler.now();
    if (now === frame) return RANDOM;
    frame = now;
    frames += 1;
    if (frames < ENDLESS || (now <= (planned ?? -1) && frames < MOST)) return RANDOM;
    const last = Math.max(now, scheduler.actions.at(-1)?.delay ?? now);
    if (frames < MOST && (planned === undefined || last > now + LONGEST_TTL)) {
      planned = last;
      return RANDOM;
    }
    // Thrown where nobody but the scheduler sees it.
    scheduler.schedule(() => {
      throw new EndlessError(`in virtual time, a lock was renewed or asked for ${String(frames)} times`);
    });
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
