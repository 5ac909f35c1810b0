import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import type { Features, LockBackend, TokenOf } from '../contract/backend.js';
import type { Locks } from '../contract/locks.js';
import type { LocksOptions } from '../contract/options.js';
import { comparisonOf, type Assertions } from './assertions.js';
import { comparable } from './comparable.js';
import { createLocksIn } from './create-locks-in.js';
import { refuseEndless } from './endless-error.js';

/** What a marble test is given: RxJS's helpers, and locks that live in the same virtual time. */
export interface MarbleHelpers extends RunHelpers {
  readonly scheduler: TestScheduler;
  /**
   * The root's `createLocks` in virtual time and without chance: first renewals go out at exactly 0.3 × ttl, and retries wait for
   * exactly the ceiling of their delay. The holders are `'locks-1'`, `'locks-2'` and so on.
   */
  createLocks<F extends Features>(backend: LockBackend<F>, options?: LocksOptions): Locks<TokenOf<F>>;
}

/**
 * Runs a test in virtual time, as `TestScheduler.run` does: a whole life of a lock takes no real time. Every character of
 * a marble is a millisecond.
 *
 * @param run Gets the helpers. Must not be async: nothing after its first `await` would be tested.
 * @param assertions An `expect` or an `assert`. The global `expect` by default, else `node:assert`.
 * @returns What `run` returns.
 * @throws TypeError if `run` returns a promise. What the assertions throw.
 *
 * @example
 * ```ts
 * import { memory } from 'rxlock';
 * import { toMarbles, virtualTime } from 'rxlock/testing';
 *
 * virtualTime(({ createLocks, expectObservable }) => {
 *   const locks = createLocks(memory());
 *   expectObservable(locks.lock$('report', '10s').pipe(toMarbles()), '^ 4s !').toBe('a 2999ms r');
 * });
 * ```
 */
export function virtualTime<R>(run: (helpers: MarbleHelpers) => R, assertions?: Assertions): R {
  const assertDeepEqual = comparisonOf(assertions);
  const scheduler = new TestScheduler((actual, expected) => {
    refuseEndless(actual);
    assertDeepEqual(...comparable(actual, expected));
  });
  return scheduler.run((helpers) => {
    const result = run({ ...helpers, scheduler, createLocks: createLocksIn({ scheduler }) });
    refusePromise(result);
    return result;
  });
}

function refusePromise(result: unknown): void {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') return;
  // It is not looked at any more; its failure must not end the process.
  Promise.resolve(result).catch(() => undefined);
  throw new TypeError('a marble test returned a promise: what follows its first await would not be tested');
}
