import { describe, expect, it } from 'vitest';
import { demanded, MAX_DEMAND } from '../../src/values/demanded.js';
import { LockCapacityError, LockNetworkError } from '../../src/contract/errors.js';

describe('demanded', () => {
  it.each([
    [new LockCapacityError('', { retryAfter: 400 }), 400],
    [new LockCapacityError('', { retryAfter: 1e12 }), MAX_DEMAND],
    [new LockCapacityError('', { retryAfter: Infinity }), MAX_DEMAND],
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
