import { interval, Observable } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { tryWithLock } from '../../operators/index.js';
import { LockHeldError, LockNetworkError, LockValidationError } from '../../src/contract/errors.js';
import type { LockEvent } from '../../src/contract/lease.js';
import { byName, fakeLock, marbles } from '../support/fake-lock.js';

describe('tryWithLock', () => {
  it(
    'runs the source under the lock',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   -a------');
      const lockSub = '                ^----!';
      const source = m.cold('           -1-2|');
      const sourceSub = '              -^---!';
      const expected = '               --1-2|';

      m.expectObservable(source.pipe(tryWithLock(lock.lock$))).toBe(expected);
      m.expectSubscriptions(lock.subscriptions).toBe(lockSub);
      m.expectSubscriptions(source.subscriptions).toBe(sourceSub);
      m.flush();
      expect(lock.log).toStrictEqual(['5 a draining', '5 a given back']);
    }),
  );

  it(
    'completes empty when somebody else holds it',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   --w---a-');
      const lockSub = '                ^-!';
      const source = m.cold('          1');
      const expected = '               --|';

      m.expectObservable(source.pipe(tryWithLock(lock.lock$))).toBe(expected);
      m.expectSubscriptions(lock.subscriptions).toBe(lockSub);
      m.expectSubscriptions(source.subscriptions).toBe([]);
    }),
  );

  it(
    'completes empty when the lock says so with an error',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   --#', new LockHeldError('held'));
      const source = m.cold('          1');

      m.expectObservable(source.pipe(tryWithLock(lock.lock$))).toBe('--|');
      m.expectSubscriptions(source.subscriptions).toBe([]);
    }),
  );

  it(
    'waits while the service is out of reach',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   -x-x-a--');
      const source = m.cold('               -1|');

      m.expectObservable(source.pipe(tryWithLock(lock.lock$))).toBe('------1|');
      m.expectSubscriptions(source.subscriptions).toBe('           -----^-!');
    }),
  );

  it(
    'passes other errors on',
    marbles((m, s) => {
      const error = new LockNetworkError('gone');
      const lock = fakeLock(m, s, '   -x--#', error);

      m.expectObservable(m.cold('1').pipe(tryWithLock(lock.lock$))).toBe('----#', undefined, error);
    }),
  );

  it(
    'errors on a loss as withLock does',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   a---(l|)');
      const source = m.cold('          -1-2-3');

      m.expectObservable(byName(source.pipe(tryWithLock(lock.lock$)))).toBe('-1-2#', undefined, 'LockLostError');
      m.expectSubscriptions(source.subscriptions).toBe('                      ^---!');
    }),
  );

  it(
    'completes when the lock is held by another after a loss',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   a---(lw)--b');
      const lockSub = '                ^---!';
      const source = m.cold('          -1-2-3');

      m.expectObservable(source.pipe(tryWithLock(lock.lock$, { onLost: 'reacquire' }))).toBe('-1-2|');
      m.expectSubscriptions(lock.subscriptions).toBe(lockSub);
      m.expectSubscriptions(source.subscriptions).toBe('^---!');
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
