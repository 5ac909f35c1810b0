/** What `expect` of vitest, jest, jasmine or chai has in common. */
export type ExpectLike = (actual: unknown) => unknown;

/** What `node:assert` and chai's `assert` have in common. */
export interface AssertLike {
  /** Throws if they differ. */
  deepStrictEqual(actual: unknown, expected: unknown): void;
}

/** Whatever compares values in a test: an `expect`, or an `assert`. */
export type Assertions = ExpectLike | AssertLike;

type Comparison = (actual: unknown, expected: unknown) => void;

/**
 * Finds the deep comparison of a test framework.
 *
 * @param assertions By default the global `expect`, else `node:assert`.
 * @throws TypeError if it has none that we know, or there is neither.
 */
export function comparisonOf(assertions: Assertions | undefined): Comparison {
  const given = assertions ?? globalAssertions();
  if ('deepStrictEqual' in given) {
    return (actual, expected) => {
      given.deepStrictEqual(actual, expected);
    };
  }
  return (actual, expected) => {
    compare(given(actual) as Partial<Matchers>, expected);
  };
}

interface Matchers {
  toStrictEqual(expected: unknown): void;
  toEqual(expected: unknown): void;
  readonly to: { readonly deep: { equal(expected: unknown): void } };
}

/** Looks whether there is a matcher before it asks for it: chai throws at a name that it does not know. */
function compare(matchers: Partial<Matchers>, expected: unknown): void {
  if ('toStrictEqual' in matchers) matchers.toStrictEqual?.(expected);
  else if ('toEqual' in matchers) matchers.toEqual?.(expected);
  else if ('to' in matchers) matchers.to?.deep.equal(expected);
  else throw new TypeError('this expect has neither toStrictEqual, toEqual nor to.deep.equal');
}

function globalAssertions(): Assertions {
  const { expect } = globalThis as { readonly expect?: ExpectLike };
  if (typeof expect === 'function') return expect;
  const assert = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:assert');
  if (assert !== undefined) return assert;
  throw new TypeError('there is no global expect: pass yours, as in marblesFor(expect)');
}
