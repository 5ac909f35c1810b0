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
    marbles((m, s) => {
      const lock = fakeLock(m, s, '     -w--a---r------');
      const lockSub = '                  --^----------!';
      const first = '                    --^--------!';
      const second = '                   -----^-------!';
      const shared$ = shared(lock);

      m.expectObservable(types(shared$), first).toBe('  ---w--a---r-', NAMES);
      m.expectObservable(types(shared$), second).toBe(' -----wa---r-', NAMES);
      m.expectSubscriptions(lock.subscriptions).toBe(lockSub);
      m.flush();
      expect(lock.log).toStrictEqual(['13 a given back']);
    }),
  );

  it(
    'tells late subscribers that the lock is held',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '     wa--r-----');
      const late = '                     ------^--!';
      const shared$ = shared(lock);

      m.expectObservable(types(shared$), '---------!').toBe('wa--r----', NAMES);
      m.expectObservable(types(shared$), late).toBe('         ------a--', NAMES);
      m.expectSubscriptions(lock.subscriptions).toBe('         ^--------!');
    }),
  );

  it(
    'tells late subscribers of the last wait while nobody holds it',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '     w-x----a');
      const shared$ = shared(lock);
      const causes$ = shared$.pipe(
        map((event) => (event.type === 'waiting' && event.cause !== undefined ? 'x' : event.type[0])),
      );

      m.expectObservable(causes$, '---------!').toBe('         w-x----a-');
      m.expectObservable(causes$, '----^----!').toBe('         ----x--a-');
    }),
  );

  it(
    'does not tell late subscribers of a lease that is gone',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '     a--l----b');
      const shared$ = shared(lock);

      m.expectObservable(types(shared$), '----------!').toBe(' a--l----a-', NAMES);
      m.expectObservable(types(shared$), '-----^----!').toBe(' --------a-', NAMES);
    }),
  );

  it(
    'reads the clock before it says that a lease is held',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '     a---------');
      lock.prepare = (lease) => {
        if (lease.fencingToken === 1n) lease.deadline = 3;
      };
      const shared$ = shared(lock);

      // The second subscriber is the first to see that the deadline has passed, and has the lock taken anew.
      m.expectObservable(types(shared$)).toBe('                a----(l|)', NAMES);
      m.expectObservable(types(shared$), '-----^--!').toBe('  -----a--', NAMES);
      m.expectSubscriptions(lock.subscriptions).toBe([' ^----!', '-----^--!']);
    }),
  );

  it(
    'contends anew for those who come after the end',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '     -a--(l|)');
      const shared$ = shared(lock);

      m.expectObservable(types(concat(shared$, shared$))).toBe('-a--la--(l|)', NAMES);
      m.expectSubscriptions(lock.subscriptions).toBe(['^---!', '----^---!']);
    }),
  );

  it(
    'passes errors to all',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '     w--#', 'no');
      const shared$ = shared(lock);

      m.expectObservable(types(shared$)).toBe('        w--#', NAMES, 'no');
      m.expectObservable(types(shared$), '-^').toBe(' -w-#', NAMES, 'no');
    }),
  );

  it(
    'holds the lock while one of several works runs',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '     a---------');
      const one = m.cold('               -1|');
      const two = m.cold('               ---2-|');
      const shared$ = shared(lock);

      m.expectObservable(usingLock(shared$, () => one)).toBe(' -1|');
      m.expectObservable(usingLock(shared$, () => two)).toBe(' ---2-|');
      m.expectSubscriptions(lock.subscriptions).toBe('         ^----!');
      m.flush();
      expect(lock.log).toStrictEqual(['5 a draining', '5 a given back']);
    }),
  );

  it(
    'serves a synchronous take',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '     (war)');

      m.expectObservable(types(shared(lock)).pipe(take(2))).toBe('(wa|)', NAMES);
      m.expectSubscriptions(lock.subscriptions).toBe('         (^!)');
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
