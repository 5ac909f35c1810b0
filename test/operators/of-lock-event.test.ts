import { map, Observable } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { ofLockEvent } from '../../operators/index.js';
import { LockValidationError } from '../../src/contract/errors.js';
import type { AcquiredEvent, LockEvent, LocksEvent, LostEvent } from '../../src/contract/lease.js';
import { fakeLock, marbles } from '../support/fake-lock.js';

describe('ofLockEvent', () => {
  it(
    'lets through events of one type',
    marbles((m, s) => {
      const lock = fakeLock(m, s, ' w-a-r-u-(l|)');
      const expected = '            --A-----|';

      const types$ = lock.lock$.pipe(
        ofLockEvent('acquired'),
        map(({ type }) => type),
      );
      m.expectObservable(types$).toBe(expected, { A: 'acquired' });
      m.expectSubscriptions(lock.subscriptions).toBe('^-------!');
    }),
  );

  it(
    'lets through events of several types',
    marbles((m, s) => {
      const lock = fakeLock(m, s, ' w-a-r-u-(l|)');
      const expected = '            W-------(L|)';

      const types$ = lock.lock$.pipe(
        ofLockEvent('lost', 'waiting'),
        map(({ type }) => type),
      );
      m.expectObservable(types$).toBe(expected, { W: 'waiting', L: 'lost' });
    }),
  );

  it(
    'passes errors and unsubscriptions on',
    marbles((m, s) => {
      const failing = fakeLock(m, s, '--#', 'no');
      m.expectObservable(failing.lock$.pipe(ofLockEvent('acquired'))).toBe('--#', undefined, 'no');

      const left = fakeLock(m, s, '-----');
      m.expectObservable(left.lock$.pipe(ofLockEvent('acquired')), '--!').toBe('---');
      m.expectSubscriptions(left.subscriptions).toBe('^-!');
    }),
  );

  it('refuses types that do not exist, and none', () => {
    expect(() => ofLockEvent('aquired' as never)).toThrow(LockValidationError);
    expect(() => ofLockEvent('aquired' as never)).toThrow(/aquired/);
    expect(() => (ofLockEvent as () => unknown)()).toThrow(expect.objectContaining({ option: 'types' }) as Error);
  });

  it('narrows the type of the events', () => {
    const lock$ = new Observable<LockEvent<bigint>>();
    const events$ = new Observable<LocksEvent<bigint>>();

    expectTypeOf(lock$.pipe(ofLockEvent('acquired'))).toEqualTypeOf<Observable<AcquiredEvent<bigint>>>();
    expectTypeOf(lock$.pipe(ofLockEvent('acquired', 'lost'))).toEqualTypeOf<
      Observable<AcquiredEvent<bigint> | LostEvent<bigint>>
    >();
    expectTypeOf(
      events$.pipe(
        ofLockEvent('acquired'),
        map(({ waited }) => waited),
      ),
    ).toEqualTypeOf<Observable<number>>();
  });
});
