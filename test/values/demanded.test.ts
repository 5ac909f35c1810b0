import { describe, expect, it } from 'vitest';
import { demanded } from '../../src/values/demanded.js';
import { MAX_DURATION } from '../../src/values/duration.js';
import { LockCapacityError, LockNetworkError } from '../../src/contract/errors.js';

describe('demanded', () => {
  it.each([
    [new LockCapacityError('', { retryAfter: 400 }), 400],
    [new LockCapacityError('', { retryAfter: 1e12 }), MAX_DURATION],
    [new LockCapacityError('', { retryAfter: Infinity }), MAX_DURATION],
    [new LockNetworkError('', { retryAfter: 0 }), 0],
    [new LockNetworkError(''), 0],
    [Object.assign(new Error('of another package'), { retryAfter: 7 }), 7],
    [undefined, 0],
    [null, 0],
    ['a string', 0],
  ])('reads what %s says', (error, milliseconds) => {
    expect(demanded(error)).toBe(milliseconds);
  });

  it.each(['soon', '5', Number.NaN, -5, {}, null])('takes %j for no demand', (retryAfter) => {
    expect(demanded(Object.assign(new Error('of another package'), { retryAfter }))).toBe(0);
  });
});
