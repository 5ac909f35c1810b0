import { concat, map, Observable, Subject, take } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { shareLease, usingLock } from '../../operators/index.js';
import type { LockEvent } from '../../src/contract/lease.js';
import { fakeLock, marbles, type FakeLock } from '../support/fake-lock.js';
import { setup } from '../support/virtual.js';

const NAMES = { w: 'waiting', a: 'acquired', r: 'renewed', l: 'lost', f: 'released' };

/** Events by their type: leases are live objects. */
function types(shared$: Observable<LockEvent<bigint>>): Observable<string> {
  return shared$.pipe(map(({ type }) => type));
}

function shared({ lock$ }: FakeLock): Observable<LockEvent<bigint>> {
  return lock$.pipe(shareLease());
}

describe('shareLease', () => {
  it(
    'takes the lock with the first subscriber and gives it back with the last',
    marbles((m) => {
      const lock = fakeLock(m, '  -w--a---r------');
      const lockSub = '         --^----------!';
      const first = '           --^--------!';
      const second = '          -----^-------!';
      const firstSees = '       ---w--a---r-';
      const secondSees = '      -----wa---r-';
      const shared$ = shared(lock);

      m.expect(types(shared$), first).toBeObservable(firstSees, NAMES);
      m.expect(types(shared$), second).toBeObservable(secondSees, NAMES);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.flush();
      expect(lock.log).toStrictEqual(['13 a given back']);
    }),
  );

  it(
    'tells late subscribers that the lock is held',
    marbles((m) => {
      const lock = fakeLock(m, 'wa--r-----');
      const lockSub = '         ^--------!';
      const unsub = '           ---------!';
      const expected = '        wa--r----';
      const late = '            ------^--!';
      const lateSees = '        ------a--';
      const shared$ = shared(lock);

      m.expect(types(shared$), unsub).toBeObservable(expected, NAMES);
      m.expect(types(shared$), late).toBeObservable(lateSees, NAMES);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
    }),
  );

  it(
    'tells late subscribers of the last wait while nobody holds it',
    marbles((m) => {
      const lock = fakeLock(m, 'w-x----a');
      const lockSub = '         ^--------!';
      const unsub = '           ---------!';
      const expected = '        w-x----a-';
      const late = '            ----^----!';
      const lateSees = '        ----x--a-';
      const shared$ = shared(lock);
      const causes$ = shared$.pipe(
        map((event) => (event.type === 'waiting' && event.cause !== undefined ? 'x' : event.type[0])),
      );

      m.expect(causes$, unsub).toBeObservable(expected);
      m.expect(causes$, late).toBeObservable(lateSees);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
    }),
  );

  it(
    'does not tell late subscribers of a lease that is gone',
    marbles((m) => {
      const lock = fakeLock(m, 'a--l----b');
      const lockSub = '         ^---------!';
      const unsub = '           ----------!';
      const expected = '        a--l----a-';
      const late = '            -----^----!';
      const lateSees = '        --------a-';
      const shared$ = shared(lock);

      m.expect(types(shared$), unsub).toBeObservable(expected, NAMES);
      m.expect(types(shared$), late).toBeObservable(lateSees, NAMES);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
    }),
  );

  it(
    'reads the clock before it says that a lease is held',
    marbles((m) => {
      const lock = fakeLock(m, 'a---------');
      const lockSub1 = '        ^----!';
      const lockSub2 = '        -----^--!';
      const expected = '        a----(l|)';
      const late = '            -----^--!';
      const lateSees = '        -----a--';
      lock.prepare = (lease) => {
        if (lease.fencingToken === 1n) lease.deadline = 3;
      };
      const shared$ = shared(lock);

      // The second subscriber is the first to see that the deadline has passed, and has the lock taken anew.
      m.expect(types(shared$)).toBeObservable(expected, NAMES);
      m.expect(types(shared$), late).toBeObservable(lateSees, NAMES);
      m.expect(lock.lock$).toHaveSubscriptions([lockSub1, lockSub2]);
    }),
  );

  it(
    'contends anew for those who come after the end',
    marbles((m) => {
      const lock = fakeLock(m, '-a--(l|)');
      const lockSub1 = '        ^---!';
      const lockSub2 = '        ----^---!';
      const expected = '        -a--la--(l|)';
      const shared$ = shared(lock);

      m.expect(types(concat(shared$, shared$))).toBeObservable(expected, NAMES);
      m.expect(lock.lock$).toHaveSubscriptions([lockSub1, lockSub2]);
    }),
  );

  it(
    'passes errors to all',
    marbles((m) => {
      const lock = fakeLock(m, 'w--#', 'no');
      const lockSub = '         ^--!';
      const expected = '        w--#';
      const late = '            -^';
      const lateSees = '        -w-#';
      const shared$ = shared(lock);

      m.expect(types(shared$)).toBeObservable(expected, NAMES, 'no');
      m.expect(types(shared$), late).toBeObservable(lateSees, NAMES, 'no');
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
    }),
  );

  it(
    'holds the lock while one of several works runs',
    marbles((m) => {
      const lock = fakeLock(m, 'a---------');
      const lockSub = '         ^----!';
      const one = m.cold('      -1|');
      const oneSub = '          ^-!';
      const two = m.cold('      ---2-|');
      const twoSub = '          ^----!';
      const oneResult = '       -1|';
      const twoResult = '       ---2-|';

      const shared$ = shared(lock);

      m.expect(usingLock(shared$, () => one)).toBeObservable(oneResult);
      m.expect(usingLock(shared$, () => two)).toBeObservable(twoResult);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(one).toHaveSubscriptions(oneSub);
      m.expect(two).toHaveSubscriptions(twoSub);
      m.flush();
      expect(lock.log).toStrictEqual(['5 a draining', '5 a given back']);
    }),
  );

  it(
    'serves a synchronous take',
    marbles((m) => {
      const lock = fakeLock(m, '(war)');
      const lockSub = '         (^!)';
      const expected = '        (wa|)';

      m.expect(types(shared(lock)).pipe(take(2))).toBeObservable(expected, NAMES);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.flush();
      expect(lock.log).toStrictEqual(['0 a given back']);
    }),
  );

  it('keeps the type of the events', () => {
    const lock$ = new Observable<LockEvent<bigint>>();
    expectTypeOf(lock$.pipe(shareLease())).toEqualTypeOf<Observable<LockEvent<bigint>>>();
  });
});

it('shareLease ends by until for who has come while the lease ended, as for the others', () => {
  const { backend, locks } = setup();
  const stop = new Subject<void>();
  const heard: string[] = [];
  const shared$ = locks.lock$('a', '10s', { until: stop }).pipe(shareLease());
  shared$.subscribe((event) => {
    if (event.type !== 'acquired') return;
    shared$.subscribe({ next: ({ type }) => heard.push(type), complete: () => heard.push('|') });
    void event.lease.release();
    stop.next();
  });
  backend.acquired[0]!.grant();
  expect(heard).toEqual(['|']);
  expect(backend.acquired).toHaveLength(1);
});
