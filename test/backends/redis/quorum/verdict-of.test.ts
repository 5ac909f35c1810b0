import { describe, expect, it } from 'vitest';
import { Tally } from '../../../../src/backends/redis/quorum/tally.js';
import { majorityOf, verdictOf } from '../../../../src/backends/redis/quorum/verdict-of.js';

describe('verdictOf', () => {
  it.each([
    [1, 0, 0, 0, undefined],
    [1, 1, 0, 0, 'won'],
    [1, 0, 1, 0, 'refused'],
    [1, 0, 0, 1, 'failed'],
    [3, 1, 1, 0, undefined],
    [3, 1, 0, 1, undefined],
    [3, 2, 0, 0, 'won'],
    [3, 2, 1, 0, 'won'],
    [3, 1, 2, 0, 'refused'],
    [3, 0, 2, 0, 'refused'],
    [3, 1, 1, 1, 'failed'],
    [3, 0, 1, 1, 'failed'],
    [5, 2, 2, 0, undefined],
    [5, 2, 2, 1, 'failed'],
    [5, 2, 3, 0, 'refused'],
    [5, 3, 2, 0, 'won'],
  ] as const)('of %i servers, %i yes, %i no and %i without an answer is %s', (members, yes, no, unknown, verdict) => {
    expect(verdictOf({ members, yes, no, unknown })).toBe(verdict);
  });

  it('needs more than a half', () => {
    expect([1, 2, 3, 4, 5].map(majorityOf)).toEqual([1, 2, 2, 3, 3]);
  });
});

describe('Tally', () => {
  it('tells the verdict once, and keeps the first cause', () => {
    const tally = new Tally(3);
    const cause = new Error('first');
    expect(tally.add('unknown', cause)).toBeUndefined();
    expect(tally.add('unknown', new Error('second'))).toBe('failed');
    expect(tally.add('yes')).toBeUndefined();
    expect(tally.cause).toBe(cause);
  });
});
