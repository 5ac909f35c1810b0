import { runInNewContext } from 'node:vm';
import { inspect } from 'node:util';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as errors from '../../src/contract/errors.js';
import type { LostReason } from '../../src/contract/lease.js';

const { LockError, LockHeldError, LockLostError, LockNetworkError, LockCapacityError, LockValidationError } = errors;

const family = [
  ['LockHeldError', 'ERR_LOCK_HELD', true],
  ['LockTimeoutError', 'ERR_LOCK_TIMEOUT', true],
  ['LockAuthenticationError', 'ERR_LOCK_AUTHENTICATION', false],
  ['LockValidationError', 'ERR_LOCK_VALIDATION', false],
  ['LockNetworkError', 'ERR_LOCK_NETWORK', true],
  ['LockLostError', 'ERR_LOCK_LOST', true],
  ['LockCapacityError', 'ERR_LOCK_CAPACITY', true],
  ['LockClosedError', 'ERR_LOCK_CLOSED', false],
  ['LockUnsupportedError', 'ERR_LOCK_UNSUPPORTED', false],
  ['LockConfigError', 'ERR_LOCK_CONFIG', false],
] as const;

describe('the error family', () => {
  it('has no member that is not told of here', () => {
    expect(Object.keys(errors).sort()).toEqual(['LockError', ...family.map(([name]) => name)].sort());
  });

  it.each(family)('%s has the code %s; retryable: %s', (name, code, retryable) => {
    const cause = new Error('why');
    const error = new errors[name]('what', { cause, name: 'a' });
    expect(error).toMatchObject({ name, code, retryable, message: 'what', cause, lockName: 'a' });
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(LockError);
    expect(error).toBeInstanceOf(errors[name]);
    expect(String(error)).toBe(`${name}: what`);
    expect(error.stack).toContain(`what`);
  });

  it('tells its members from each other', () => {
    for (const [a] of family) {
      for (const [b] of family) expect(new errors[a]('') instanceof errors[b]).toBe(a === b);
    }
  });

  it('works without options', () => {
    for (const [name] of family) {
      const error = new errors[name]('what');
      expect('cause' in error).toBe(false);
      expect(error.lockName).toBeUndefined();
    }
  });

  it('keeps a cause that is falsy', () => {
    expect('cause' in new LockError('', { cause: undefined })).toBe(true);
    expect(new LockError('', { cause: null }).cause).toBeNull();
    expect(new LockError('', { cause: 0 }).cause).toBe(0);
  });

  it('carries what a caller needs to decide', () => {
    const expiresAt = new Date(5);
    expect(new LockHeldError('', { holder: 'h', expiresAt, retryAfter: 7 })).toMatchObject({
      holder: 'h',
      expiresAt,
      retryAfter: 7,
    });
    expect(new LockLostError('', { reason: 'revoked' }).reason).toBe('revoked');
    expect(new LockNetworkError('', { retryAfter: 7 }).retryAfter).toBe(7);
    expect(new LockCapacityError('', { retryAfter: 7 }).retryAfter).toBe(7);
    expect(new LockValidationError('', { option: 'ttl' }).option).toBe('ttl');
    expect(new errors.LockConfigError('', { option: 'renewRatio' }).option).toBe('renewRatio');
  });

  it.each([undefined, null, 5, 'LockError', {}, [], new Error('x'), { name: 'LockError', code: 'ERR_LOCK' }])(
    'is not what it does not look like: %s',
    (value) => {
      expect(value instanceof LockError).toBe(false);
      expect(value instanceof LockHeldError).toBe(false);
    },
  );

  it('prints its name, and can be read as an object', () => {
    expect(inspect(new LockHeldError('it is held', { name: 'a' }))).toContain('it is held');
    expect(JSON.parse(JSON.stringify(new LockHeldError('', { name: 'a', holder: 'h' })))).toMatchObject({
      code: 'ERR_LOCK_HELD',
      retryable: true,
      lockName: 'a',
      holder: 'h',
    });
  });
});

describe('codes', () => {
  it('are a closed set, for an exhaustive switch', () => {
    const kindOf = ({ code }: errors.LockError): string => {
      switch (code) {
        case 'ERR_LOCK_HELD':
        case 'ERR_LOCK_TIMEOUT':
        case 'ERR_LOCK_CAPACITY':
          return 'contention';
        case 'ERR_LOCK_NETWORK':
          return 'outage';
        case 'ERR_LOCK_LOST':
          return 'loss';
        case 'ERR_LOCK':
        case 'ERR_LOCK_AUTHENTICATION':
        case 'ERR_LOCK_VALIDATION':
        case 'ERR_LOCK_CLOSED':
        case 'ERR_LOCK_UNSUPPORTED':
        case 'ERR_LOCK_CONFIG':
          return 'mistake';
      }
    };
    expect(family.map(([name]) => kindOf(new errors[name]('')))).toEqual([
      ...['contention', 'contention', 'mistake', 'mistake', 'outage', 'loss', 'contention'],
      ...['mistake', 'mistake', 'mistake'],
    ]);
    expectTypeOf<errors.LockHeldError['code']>().toEqualTypeOf<'ERR_LOCK_HELD'>();
    expectTypeOf<errors.LockLostError['reason']>().toEqualTypeOf<LostReason | undefined>();
  });
});

describe('instanceof', () => {
  /** As another copy of the package, built with other class names, would have it. */
  class Renamed extends Error {
    static readonly brand: string = 'LockError';
    get [Symbol.for('rxlock.error')](): readonly string[] {
      return ['LockHeldError', 'LockError'];
    }
  }

  it('works across copies of the package', () => {
    const foreign = new Renamed('held');
    expect(foreign instanceof LockError).toBe(true);
    expect(foreign instanceof LockHeldError).toBe(true);
    expect(foreign instanceof LockLostError).toBe(false);
  });

  it('works across realms', () => {
    const foreign: unknown = runInNewContext(
      `class E extends Error { get [Symbol.for('rxlock.error')]() { return ['LockError']; } } new E()`,
    );
    expect(foreign instanceof LockError).toBe(true);
  });

  it('works for classes that a user derives', () => {
    class Mine extends LockHeldError {}
    class Other extends LockHeldError {}
    const mine = new Mine('');
    expect(mine instanceof Mine).toBe(true);
    expect(mine instanceof LockHeldError).toBe(true);
    expect(mine instanceof LockError).toBe(true);
    expect(mine instanceof Other).toBe(false);
    expect(new LockHeldError('') instanceof Mine).toBe(false);
    expect(mine).toMatchObject({ name: 'LockHeldError', code: 'ERR_LOCK_HELD' });
  });

  it('works for derived classes with a brand of their own, as the drop-in clients have', () => {
    class DropIn extends LockHeldError {
      static override readonly brand: 'LockHeldError' = 'AcquireError' as 'LockHeldError';
    }
    const error = new DropIn('');
    expect(error.name).toBe('AcquireError');
    expect(error instanceof DropIn).toBe(true);
    expect(error instanceof LockHeldError).toBe(true);
    expect(new LockHeldError('') instanceof DropIn).toBe(false);
  });
});
