import { describe, expect, it } from 'vitest';
import * as errors from '../../src/contract/errors.js';
import { packError, unpackError } from '../../src/threaded/shared/carried-error.js';

/** As it comes out on the other side. */
function carry(error: unknown): unknown {
  return unpackError(structuredClone(packError(error)));
}

const { LockError, LockHeldError, LockLostError, LockNetworkError, LockTimeoutError, LockValidationError } = errors;

const CLASSES = Object.values(errors).filter((one) => typeof one === 'function');

describe('an error that goes to another thread', () => {
  it.each(CLASSES.map((one) => [one.brand, one] as const))('stays a %s', (brand, Class) => {
    const error = carry(new Class('what went wrong', { name: 'report' })) as errors.LockError;
    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject({ name: brand, message: 'what went wrong', lockName: 'report' });
    expect(error.code).toBe(new Class('').code);
  });

  it.each([
    new LockHeldError('held', { name: 'a', holder: 'them', expiresAt: new Date(5000), retryAfter: 7 }),
    new LockTimeoutError('late', { retryable: false }),
    new LockValidationError('bad', { option: 'ttl' }),
    new LockNetworkError('out of reach', { retryAfter: 40 }),
    new LockLostError('lost', { name: 'a', reason: 'revoked' }),
  ])('keeps its fields: $name', (error) => {
    expect(Object.entries(carry(error) as object)).toEqual(Object.entries(error));
    expect((carry(error) as errors.LockError).toJSON()).toEqual(error.toJSON());
  });

  it('takes its causes along, by what they say of themselves', () => {
    const secret = { token: 'hidden' };
    const inner = Object.assign(new TypeError('refused', { cause: 'nobody there' }), { code: 'ECONNREFUSED', secret });
    const carried = carry(new LockNetworkError('out of reach', { cause: inner })) as Error & { cause: Error };
    expect(carried.cause).toBeInstanceOf(Error);
    expect(carried.cause).toMatchObject({
      name: 'TypeError',
      message: 'refused',
      code: 'ECONNREFUSED',
      cause: 'nobody there',
    });
    expect(JSON.stringify(packError(inner))).not.toContain('hidden');
  });

  it('leaves behind what has no words of its own, and causes without an end', () => {
    expect(carry({ token: 'hidden' })).toBeUndefined();
    const circle = new Error('round') as Error & { cause: unknown };
    circle.cause = circle;
    expect((carry(circle) as Error).message).toBe('round');
  });

  it('is of the nearest class that is known, if its own is not', () => {
    class OwnError extends LockNetworkError {}
    expect(carry(new OwnError('mine'))).toBeInstanceOf(LockNetworkError);
    expect(carry(new LockError('base'))).toBeInstanceOf(LockError);
  });
});
