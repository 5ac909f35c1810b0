import { map, Observable } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { ofLockEvent } from '../../operators/index.js';
import { memory } from '../../src/backends/memory/memory.js';
import { LockValidationError } from '../../src/contract/errors.js';
import type { AcquiredEvent, LockEvent, LocksEvent, LostEvent } from '../../src/contract/lease.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { fakeLock, marbles } from '../support/fake-lock.js';

describe('ofLockEvent', () => {
  it(
    'lets through events of one type',
    marbles((m) => {
      const lock = fakeLock(m, 'w-a-r-u-(l|)');
      const lockSub = '         ^-------!';
      const expected = '        --A-----|';

      const types$ = lock.lock$.pipe(
        ofLockEvent('acquired'),
        map(({ type }) => type),
      );
      m.expect(types$).toBeObservable(expected, { A: 'acquired' });
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
    }),
  );

  it(
    'lets through events of several types',
    marbles((m) => {
      const lock = fakeLock(m, 'w-a-r-u-(l|)');
      const lockSub = '         ^-------!';
      const expected = '        W-------(L|)';

      const types$ = lock.lock$.pipe(
        ofLockEvent('lost', 'waiting'),
        map(({ type }) => type),
      );
      m.expect(types$).toBeObservable(expected, { W: 'waiting', L: 'lost' });
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
    }),
  );

  it(
    'passes errors and unsubscriptions on',
    marbles((m) => {
      const failing = fakeLock(m, '--#', 'no');
      const failingSub = '         ^-!';
      const failed = '             --#';
      const left = fakeLock(m, '   -----');
      const leftSub = '            ^-!';
      const unsub = '              --!';
      const nothing = '            ---';

      m.expect(failing.lock$.pipe(ofLockEvent('acquired'))).toBeObservable(failed, undefined, 'no');
      m.expect(left.lock$.pipe(ofLockEvent('acquired')), unsub).toBeObservable(nothing);
      m.expect(failing.lock$).toHaveSubscriptions(failingSub);
      m.expect(left.lock$).toHaveSubscriptions(leftSub);
    }),
  );

  it('refuses types that do not exist, and none', () => {
    expect(() => ofLockEvent('aquired' as never)).toThrow(LockValidationError);
    expect(() => ofLockEvent('aquired' as never)).toThrow(/aquired/);
    expect(() => (ofLockEvent as () => unknown)()).toThrow(expect.objectContaining({ option: 'types' }) as Error);
  });

  it('knows every event of `events$`', () => {
    const locks = createLocks(memory());
    const seen: LocksEvent[] = [];
    locks.events$.pipe(ofLockEvent('requested', 'withdrawn')).subscribe((event) => seen.push(event));
    const holder = locks.lock$('a', '30s').subscribe();
    locks.lock$('a', '30s').subscribe().unsubscribe();
    holder.unsubscribe();
    expect(seen.map(({ type }) => type)).toEqual(['requested', 'requested', 'withdrawn']);
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
