import { comparisonOf, type Assertions } from './assertions.js';
import { comparable } from './comparable.js';
import { refuseEndless } from './endless-error.js';

/** What `configure` of rxjs-marbles takes. */
export interface MarblesConfiguration {
  /** Tests run in virtual time. */
  readonly run: true;
  /** `assertDeepEqual` compares. */
  readonly frameworkMatcher: true;
  /** Throws an error that shows both sides, if they differ. */
  readonly assertDeepEqual: (actual: unknown, expected: unknown) => void;
}

/**
 * Makes what `configure` of rxjs-marbles takes, so that it compares as `marblesFor` does: {@link lockEvent} by the fields that it
 * names, errors by name and message wherever they are, and live leases by name and token in the report of a failure.
 *
 * @param assertions Your framework's `expect` (vitest, jest, jasmine, chai), or an `assert` with `deepStrictEqual`. By default the
 * global `expect` of the moment when a test compares, else `node:assert`.
 *
 * @example
 * ```ts test
 * import { configure } from 'rxjs-marbles';
 * import { createLocksIn, lockEvent, marblesConfiguration, scripted } from 'rxlock/testing';
 * import { expect, it } from 'vitest';
 *
 * const { marbles } = configure(marblesConfiguration(expect));
 *
 * it('acquires', marbles((m) => {
 *   const locks = createLocksIn(m)(scripted({ acquire: '--g' }));
 *   m.expect<unknown>(locks.lock$('a', '30s'), '^--!').toBeObservable('--a', { a: lockEvent('acquired', { fencingToken: 1n }) });
 * }));
 * ```
 */
export function marblesConfiguration(assertions?: Assertions): MarblesConfiguration {
  return {
    run: true,
    frameworkMatcher: true,
    assertDeepEqual: (actual, expected) => {
      refuseEndless(actual);
      comparisonOf(assertions)(...comparable(actual, expected));
    },
  };
}
