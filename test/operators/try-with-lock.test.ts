import { interval, Observable } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { tryWithLock } from '../../operators/index.js';
import { LockHeldError, LockNetworkError, LockValidationError } from '../../src/contract/errors.js';
import type { LockEvent } from '../../src/contract/lease.js';
import { byName, fakeLock, marbles } from '../support/fake-lock.js';

describe('tryWithLock', () => {
  it(
    'runs the source under the lock',
    marbles((m) => {
      const lock = fakeLock(m, '-a------');
      const lockSub = '         ^----!';
      const source = m.cold('    -1-2|');
      const sourceSub = '       -^---!';
      const expected = '        --1-2|';

      m.expect(source.pipe(tryWithLock(lock.lock$))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.flush();
      expect(lock.log).toStrictEqual(['5 a draining', '5 a given back']);
    }),
  );

  it(
    'completes empty when somebody else holds it',
    marbles((m) => {
      const lock = fakeLock(m, '--w---a-');
      const lockSub = '         ^-!';
      const source = m.cold('    1');
      const expected = '        --|';

      m.expect(source.pipe(tryWithLock(lock.lock$))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions([]);
    }),
  );

  it(
    'completes empty when the lock says so with an error',
    marbles((m) => {
      const lock = fakeLock(m, '--#', new LockHeldError('held'));
      const lockSub = '         ^-!';
      const source = m.cold('    1');
      const expected = '        --|';

      m.expect(source.pipe(tryWithLock(lock.lock$))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions([]);
    }),
  );

  it(
    'waits while the service is out of reach',
    marbles((m) => {
      const lock = fakeLock(m, '-x-x-a--');
      const lockSub = '         ^------!';
      const source = m.cold('        -1|');
      const sourceSub = '       -----^-!';
      const expected = '        ------1|';

      m.expect(source.pipe(tryWithLock(lock.lock$))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions(sourceSub);
    }),
  );

  it(
    'passes other errors on',
    marbles((m) => {
      const error = new LockNetworkError('gone');
      const lock = fakeLock(m, '-x--#', error);
      const lockSub = '         ^---!';
      const source = m.cold('    1');
      const expected = '        ----#';

      m.expect(source.pipe(tryWithLock(lock.lock$))).toBeObservable(expected, undefined, error);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions([]);
    }),
  );

  it(
    'errors on a loss as withLock does',
    marbles((m) => {
      const lock = fakeLock(m, 'a---(l|)');
      const lockSub = '         ^---!';
      const source = m.cold('   -1-2-3');
      const sourceSub = '       ^---!';
      const expected = '        -1-2#';

      m.expect(byName(source.pipe(tryWithLock(lock.lock$)))).toBeObservable(expected, undefined, 'LockLostError');
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions(sourceSub);
    }),
  );

  it(
    'completes when the lock is held by another after a loss',
    marbles((m) => {
      const lock = fakeLock(m, 'a---(lw)--b');
      const lockSub = '         ^---!';
      const source = m.cold('   -1-2-3');
      const sourceSub = '       ^---!';
      const expected = '        -1-2|';

      m.expect(source.pipe(tryWithLock(lock.lock$, { onLost: 'reacquire' }))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions(sourceSub);
    }),
  );

  it('refuses bad options at the call', () => {
    expect(() => tryWithLock(5 as never)).toThrow(expect.objectContaining({ option: 'lock$' }) as Error);
    expect(() => tryWithLock(new Observable<LockEvent>(), { drainTimeout: 'x' })).toThrow(LockValidationError);
  });

  it('keeps the type of the source', () => {
    expectTypeOf(interval(1).pipe(tryWithLock(new Observable<LockEvent>()))).toEqualTypeOf<Observable<number>>();
  });
});
