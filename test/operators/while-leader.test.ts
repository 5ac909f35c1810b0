import { concat, defer, EMPTY, interval, map, Observable, of } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { whileLeader } from '../../operators/index.js';
import { LockAuthenticationError, LockValidationError } from '../../src/contract/errors.js';
import type { Leadership } from '../../src/contract/status.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { fakeLock, marbles, type FakeLock } from '../support/fake-lock.js';

/** The leadership that goes with a lock; a renewal tells of the same lease again. */
function leader({ lock$ }: FakeLock): Observable<Leadership<bigint>> {
  return lock$.pipe(map(asLeadership));
}

function asLeadership(event: LockEvent<bigint>): Leadership<bigint> {
  const { type } = event;
  if (type === 'waiting' || type === 'lost' || type === 'released') return { leading: false };
  return { leading: true, lease: event.lease };
}

describe('whileLeader', () => {
  it(
    'runs the work in each term, and stops it when the term ends',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   w-a----lw--b-----');
      const lockSub = '                ^--------------!';
      const work = m.cold('              -1-2-3-4');
      const workSubs = ['              --^----!', '-----------^---!'];
      const unsub = '                  ---------------!';
      const expected = '               ---1-2------1-2-';

      m.expectObservable(leader(lock).pipe(whileLeader(() => work)), unsub).toBe(expected);
      m.expectSubscriptions(lock.subscriptions).toBe(lockSub);
      m.expectSubscriptions(work.subscriptions).toBe(workSubs);
      m.flush();
      expect(lock.log).toStrictEqual(['7 a lost', '15 b draining', '15 b given back']);
    }),
  );

  it(
    'gives the work the lease of its term',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   a---lw--b---');
      const expected = '               x-------y---';

      const result$ = leader(lock).pipe(whileLeader((lease) => concat(of(lease.fencingToken), m.cold('-----'))));
      m.expectObservable(result$).toBe(expected, { x: 1n, y: 2n });
    }),
  );

  it(
    'goes on leading when the work completes, and does not run it again in that term',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   a-r---r-lw-b--');
      const lockSub = '                ^-------------';
      const work = m.cold('            -1|');
      const workSubs = ['              ^-!', '-----------^-!'];
      const expected = '               -1----------1--';

      m.expectObservable(leader(lock).pipe(whileLeader(() => work))).toBe(expected);
      m.expectSubscriptions(lock.subscriptions).toBe(lockSub);
      m.expectSubscriptions(work.subscriptions).toBe(workSubs);
      m.flush();
      expect(lock.log).toStrictEqual(['8 a lost']);
    }),
  );

  it(
    'gives leadership up and errors when the work fails',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   -a--------');
      const lockSub = '                ^--!';
      const work = m.cold('             -1#');

      m.expectObservable(leader(lock).pipe(whileLeader(() => work))).toBe('--1#');
      m.expectSubscriptions(lock.subscriptions).toBe(lockSub);
      m.flush();
      expect(lock.log).toStrictEqual(['3 a draining', '3 a given back']);
    }),
  );

  it(
    'gives leadership up only after the work was drained',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   a---------');
      const work = m.cold('            -1-2-3');
      const drain = m.cold('               ---|');
      const drainSub = '               ----^--!';
      const unsub = '                  ----!';

      m.expectObservable(leader(lock).pipe(whileLeader(() => work, { drain: () => drain })), unsub).toBe('-1-2-');
      m.expectSubscriptions(drain.subscriptions).toBe(drainSub);
      m.flush();
      expect(lock.log).toStrictEqual(['4 a draining', '7 a given back']);
    }),
  );

  it(
    'starts the work of the next term when that of the last was drained',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   a---fb------');
      const work = m.cold('            -1-2-3');
      const workSubs = ['              ^---!', '------^-----'];
      const drain = m.cold('               --|');
      const expected = '               -1-2---1-2-3';

      m.expectObservable(leader(lock).pipe(whileLeader(() => work, { drain: () => drain }))).toBe(expected);
      m.expectSubscriptions(work.subscriptions).toBe(workSubs);
      m.expectSubscriptions(drain.subscriptions).toBe('----^-!');
    }),
  );

  it(
    'lets no value through after the deadline, and starts again with the next term',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   a-----b--');
      lock.prepare = (lease) => {
        if (lease.name !== 'a') return;
        lease.deadline = 2;
        // Nothing tells of the loss.
        lease.tell = () => undefined;
      };
      const work = m.cold('            -1-2-3');
      const workSubs = ['              ^--!', '------^--!'];
      const unsub = '                  ---------!';
      const expected = '               -1-----1-';

      m.expectObservable(leader(lock).pipe(whileLeader(() => work)), unsub).toBe(expected);
      m.expectSubscriptions(work.subscriptions).toBe(workSubs);
    }),
  );

  it(
    'stops the work when the leadership is cut off, and does not seek it again',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   a---|');
      lock.prepare = (lease) => (lease.deadline = 4);
      const work = m.cold('            -1-2-3');

      m.expectObservable(leader(lock).pipe(whileLeader(() => work))).toBe('-1-2|');
      m.expectSubscriptions(lock.subscriptions).toBe('             ^---!');
      m.expectSubscriptions(work.subscriptions).toBe('             ^---!');
    }),
  );

  it(
    'passes errors of the leadership on',
    marbles((m, s) => {
      const error = new LockAuthenticationError('no');
      const lock = fakeLock(m, s, '   w--#', error);

      m.expectObservable(leader(lock).pipe(whileLeader(() => EMPTY))).toBe('---#', undefined, error);
    }),
  );

  it(
    'starts afresh with each subscription',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '   a---');
      let calls = 0;
      const work = (): Observable<number> => defer(() => of(++calls));
      const result$ = leader(lock).pipe(whileLeader(work));

      m.expectObservable(result$, '--!').toBe('    x--', { x: 1 });
      m.expectObservable(result$, '--!').toBe('    x--', { x: 2 });
    }),
  );

  it('refuses bad arguments at the call', () => {
    expect(() => whileLeader(5 as never)).toThrow(expect.objectContaining({ option: 'work' }) as Error);
    expect(() => whileLeader(() => EMPTY, { drain: 5 as never })).toThrow(LockValidationError);
    expect(() => whileLeader(() => EMPTY, { onLost: 'error' } as never)).toThrow(LockValidationError);
  });

  it('knows the types', () => {
    const leader$ = new Observable<Leadership<bigint>>();
    const result$ = leader$.pipe(
      whileLeader(
        (lease) => {
          expectTypeOf(lease).toEqualTypeOf<Lease<bigint>>();
          return interval(1);
        },
        {
          drain: (lease) => {
            expectTypeOf(lease).toEqualTypeOf<Lease<bigint>>();
            return EMPTY;
          },
        },
      ),
    );
    expectTypeOf(result$).toEqualTypeOf<Observable<number>>();
  });
});
