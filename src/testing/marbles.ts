import type { Assertions } from './assertions.js';
import { virtualTime, type MarbleHelpers } from './virtual-time.js';

/** Makes a test function out of a marble test. What the runner passes (a row of `it.each`) comes after the helpers. */
export type Marbles = <A extends unknown[]>(
  test: (helpers: MarbleHelpers, ...args: A) => unknown,
) => (...args: A) => void;

/**
 * Makes a `marbles` helper for a test framework.
 *
 * @param assertions Its `expect` (vitest, jest, jasmine, chai), or an `assert` with `deepStrictEqual`.
 *
 * @example
 * ```ts test
 * import { lockEvent, marblesFor, scripted } from 'rxlock/testing';
 * import { expect, it } from 'vitest';
 *
 * const marbles = marblesFor(expect);
 *
 * it('acquires', marbles(({ createLocks, expectObservable }) => {
 *   const locks = createLocks(scripted({ acquire: '--g' }));
 *   expectObservable(locks.lock$('a', '30s'), '^---!').toBe('--a', { a: lockEvent('acquired', { name: 'a' }) });
 * }));
 * ```
 */
export function marblesFor(assertions: Assertions): Marbles {
  return makeMarbles(() => assertions);
}

/**
 * Makes a test function out of a marble test: it runs in virtual time, and is refused if it is async.
 *
 * Compares with the global `expect` if there is one (jest, jasmine, vitest with `globals`), else with `node:assert`.
 * Errors are compared by name and message, events as {@link lockEvent} says.
 *
 * @throws TypeError when run, if the test returns a promise.
 *
 * @example
 * ```ts test
 * import { marbles, scripted, toMarbles } from 'rxlock/testing';
 * import { it } from 'vitest';
 *
 * it('waits, then acquires', marbles(({ createLocks, expectObservable }) => {
 *   const locks = createLocks(scripted({ acquire: 'q--g' }));
 *   expectObservable(locks.lock$('a', '30s').pipe(toMarbles()), '^----!').toBe('w--a');
 * }));
 * ```
 */
export const marbles: Marbles = makeMarbles(() => undefined);

function makeMarbles(assertions: () => Assertions | undefined): Marbles {
  return (test) =>
    (...args) => {
      virtualTime((helpers) => test(helpers, ...args), assertions());
    };
}
