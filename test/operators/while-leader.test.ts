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
    marbles((m) => {
      const lock = fakeLock(m, 'w-a----lw--b-----');
      const lockSub = '         ^--------------!';
      const work = m.cold('       -1-2-3-4');
      const workSub1 = '        --^----!';
      const workSub2 = '        -----------^---!';
      const unsub = '           ---------------!';
      const expected = '        ---1-2------1-2-';

      m.expect(leader(lock).pipe(whileLeader(() => work)), unsub).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(work).toHaveSubscriptions([workSub1, workSub2]);
      m.flush();
      expect(lock.log).toStrictEqual(['7 a lost', '15 b draining', '15 b given back']);
    }),
  );

  it(
    'gives the work the lease of its term',
    marbles((m) => {
      const lock = fakeLock(m, 'a---lw--b---');
      const lockSub = '         ^';
      const inner = m.cold('    -----');
      const innerSub1 = '       ^---!';
      const innerSub2 = '       --------^';
      const expected = '        x-------y---';

      const result$ = leader(lock).pipe(whileLeader((lease) => concat(of(lease.fencingToken), inner)));
      m.expect(result$).toBeObservable(expected, { x: 1n, y: 2n });
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(inner).toHaveSubscriptions([innerSub1, innerSub2]);
    }),
  );

  it(
    'goes on leading when the work completes, and does not run it again in that term',
    marbles((m) => {
      const lock = fakeLock(m, 'a-r---r-lw-b--');
      const lockSub = '         ^-------------';
      const work = m.cold('     -1|');
      const workSub1 = '        ^-!';
      const workSub2 = '        -----------^-!';
      const expected = '        -1----------1--';

      m.expect(leader(lock).pipe(whileLeader(() => work))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(work).toHaveSubscriptions([workSub1, workSub2]);
      m.flush();
      expect(lock.log).toStrictEqual(['8 a lost']);
    }),
  );

  it(
    'gives leadership up and errors when the work fails',
    marbles((m) => {
      const lock = fakeLock(m, '-a--------');
      const lockSub = '         ^--!';
      const work = m.cold('      -1#');
      const workSub = '         -^-!';
      const expected = '        --1#';

      m.expect(leader(lock).pipe(whileLeader(() => work))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(work).toHaveSubscriptions(workSub);
      m.flush();
      expect(lock.log).toStrictEqual(['3 a draining', '3 a given back']);
    }),
  );

  it(
    'gives leadership up only after the work was drained',
    marbles((m) => {
      const lock = fakeLock(m, 'a---------');
      const lockSub = '         ^---!';
      const work = m.cold('     -1-2-3');
      const workSub = '         ^---!';
      const drain = m.cold('        ---|');
      const drainSub = '        ----^--!';
      const unsub = '           ----!';
      const expected = '        -1-2-';

      m.expect(leader(lock).pipe(whileLeader(() => work, { drain: () => drain })), unsub).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(work).toHaveSubscriptions(workSub);
      m.expect(drain).toHaveSubscriptions(drainSub);
      m.flush();
      expect(lock.log).toStrictEqual(['4 a draining', '7 a given back']);
    }),
  );

  it(
    'starts the work of the next term when that of the last was drained',
    marbles((m) => {
      const lock = fakeLock(m, 'a---fb------');
      const lockSub = '         ^';
      const work = m.cold('     -1-2-3');
      const workSub1 = '        ^---!';
      const workSub2 = '        ------^-----';
      const drain = m.cold('        --|');
      const drainSub = '        ----^-!';
      const expected = '        -1-2---1-2-3';

      m.expect(leader(lock).pipe(whileLeader(() => work, { drain: () => drain }))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(work).toHaveSubscriptions([workSub1, workSub2]);
      m.expect(drain).toHaveSubscriptions(drainSub);
    }),
  );

  it(
    'lets no value through after the deadline, and starts again with the next term',
    marbles((m) => {
      const lock = fakeLock(m, 'a-----b--');
      const lockSub = '         ^--------!';
      lock.prepare = (lease) => {
        if (lease.name !== 'a') return;
        lease.deadline = 2;
        // Nothing tells of the loss.
        lease.tell = () => undefined;
      };
      const work = m.cold('     -1-2-3');
      const workSub1 = '        ^--!';
      const workSub2 = '        ------^--!';
      const unsub = '           ---------!';
      const expected = '        -1-----1-';

      m.expect(leader(lock).pipe(whileLeader(() => work)), unsub).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(work).toHaveSubscriptions([workSub1, workSub2]);
    }),
  );

  it(
    'stops the work when the leadership is cut off, and does not seek it again',
    marbles((m) => {
      const lock = fakeLock(m, 'a---|');
      const lockSub = '         ^---!';
      lock.prepare = (lease) => (lease.deadline = 4);
      const work = m.cold('     -1-2-3');
      const workSub = '         ^---!';
      const expected = '        -1-2|';

      m.expect(leader(lock).pipe(whileLeader(() => work))).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(work).toHaveSubscriptions(workSub);
    }),
  );

  it(
    'passes errors of the leadership on',
    marbles((m) => {
      const error = new LockAuthenticationError('no');
      const lock = fakeLock(m, 'w--#', error);
      const lockSub = '         ^--!';
      const expected = '        ---#';

      m.expect(leader(lock).pipe(whileLeader(() => EMPTY))).toBeObservable(expected, undefined, error);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
    }),
  );

  it(
    'starts afresh with each subscription',
    marbles((m) => {
      const lock = fakeLock(m, 'a---');
      const lockSub = '         ^-!';
      const unsub = '           --!';
      const expected = '        x--';
      let calls = 0;
      const work = (): Observable<number> => defer(() => of(++calls));
      const result$ = leader(lock).pipe(whileLeader(work));

      m.expect(result$, unsub).toBeObservable(expected, { x: 1 });
      m.expect(result$, unsub).toBeObservable(expected, { x: 2 });
      m.expect(lock.lock$).toHaveSubscriptions([lockSub, lockSub]);
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

  it('says that it takes what leader$() emits, and not a lock', () => {
    const errors: unknown[] = [];
    const work = () => EMPTY;
    // As JavaScript can do it.
    for (const wrong of [{ type: 'acquired' }, undefined, 'lock']) {
      of(wrong as unknown as Leadership<bigint>)
        .pipe(whileLeader(work))
        .subscribe({ error: (error: unknown) => errors.push(error) });
    }
    expect(errors.map(String)).toStrictEqual(
      Array(3).fill('LockConfigError: whileLeader() takes what leader$() emits; for lock$() there is withLock()'),
    );
  });
});
