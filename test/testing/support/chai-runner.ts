/** Marbles with chai's `expect`, which throws at a matcher that it does not know; run by runners.test.ts. */
import { describe, it } from 'node:test';
import { AssertionError, expect } from 'chai';
import { lockEvent, marblesFor, scripted } from '../../../src/testing/index.js';

const marbles = marblesFor(expect);

/** A lock that is acquired after two milliseconds. */
const compared = (to: string): (() => void) =>
  marbles(({ createLocks, expectObservable }) => {
    const locks = createLocks(scripted({ acquire: '--g' }));
    expectObservable(locks.lock$('a', '30s'), '^---!').toBe(to, { a: lockEvent('acquired', { fencingToken: 1n }) });
  });

void describe('marblesFor with the expect of chai', () => {
  void it('passes where the diagram is right', compared('--a'));

  void it('fails where it is wrong', () => {
    expect(compared('---a')).to.throw(AssertionError);
  });
});
