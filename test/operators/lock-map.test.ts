import { EMPTY, interval, map, Observable, of, range, timer } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { lockMap } from '../../operators/index.js';
import { LockValidationError } from '../../src/contract/errors.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import { byName, FakeLease, fakeLock, marbles } from '../support/fake-lock.js';

/** A lock that is granted at once. */
function free(log: string[] = []): Observable<LockEvent<bigint>> {
  return new Observable((sink) => {
    const lease = new FakeLease('a', 1n, () => 0, log);
    sink.add(lease);
    sink.next({ type: 'acquired', name: 'a', at: 0, lease });
  });
}

describe('lockMap', () => {
  it(
    'works on each value under a lock of its own',
    marbles((m) => {
      const x = fakeLock(m, ' a-----');
      const xSub = '         -^----!';
      const y = fakeLock(m, '  -a------');
      const ySub = '         --^-----!';
      const source = m.cold('-xy--|');
      const sourceSub = '    ^----!';
      const work = m.cold('   -1--2|');
      const workSub1 = '     -^----!';
      const workSub2 = '     ---^----!';
      const expected = '     --1-12-2|';

      m.expect(
        source.pipe(
          lockMap(
            (name) => (name === 'x' ? x.lock$ : y.lock$),
            () => work,
          ),
        ),
      ).toBeObservable(expected);
      m.expect(x.lock$).toHaveSubscriptions(xSub);
      m.expect(y.lock$).toHaveSubscriptions(ySub);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.expect(work).toHaveSubscriptions([workSub1, workSub2]);
      m.flush();
      expect(x.log).toStrictEqual(['6 a draining', '6 a given back']);
      expect(y.log).toStrictEqual(['8 a draining', '8 a given back']);
    }),
  );

  it(
    'works on no more values at once than concurrent, locks that are waited for included',
    marbles((m) => {
      const lock = fakeLock(m, 'w-a----');
      const lockSub1 = '        ^----!';
      const lockSub2 = '        -----^----!';
      const lockSub3 = '        ----------^----!';
      const source = m.cold('   (xyz|)');
      const sourceSub = '       (^!)';
      const work = m.cold('       --1|');
      const workSub1 = '        --^--!';
      const workSub2 = '        -------^--!';
      const workSub3 = '        ------------^--!';
      const expected = '        ----1----1----1|';

      m.expect(
        source.pipe(
          lockMap(
            () => lock.lock$,
            () => work,
            { concurrent: 1 },
          ),
        ),
      ).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions([lockSub1, lockSub2, lockSub3]);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.expect(work).toHaveSubscriptions([workSub1, workSub2, workSub3]);
    }),
  );

  it(
    'gives value, lease and index to the work, value and index to the lock',
    marbles((m) => {
      const lock = fakeLock(m, 'a');
      const lockSub1 = '        (^!)';
      const lockSub2 = '        --(^!)';
      const source = m.cold('   x-y|');
      const sourceSub = '       ^--!';
      const expected = '        ---|';
      const seen: unknown[] = [];
      const result$ = source.pipe(
        lockMap(
          (value, index) => {
            seen.push([value, index]);
            return lock.lock$;
          },
          (value, lease, index) => {
            seen.push([value, lease.fencingToken, index]);
            return EMPTY;
          },
        ),
      );

      m.expect(result$).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions([lockSub1, lockSub2]);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.flush();
      expect(seen).toStrictEqual([
        ['x', 0],
        ['x', 1n, 0],
        ['y', 1],
        ['y', 2n, 1],
      ]);
    }),
  );

  it(
    'stops everything on unsubscription, and drains under each lock',
    marbles((m) => {
      const lock = fakeLock(m, ' a--------');
      const lockSub = '         -^---!';
      const source = m.cold('   -x-----y');
      const work = m.cold('      -1-2-3');
      const workSub = '         -^---!';
      const drain = m.cold('         --|');
      const drainSub = '        -----^-!';
      const unsub = '           ^----!';
      const expected = '        --1-2-';

      m.expect(
        source.pipe(
          lockMap(
            () => lock.lock$,
            () => work,
            { drain: () => drain },
          ),
        ),
        unsub,
      ).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions(unsub);
      m.expect(work).toHaveSubscriptions(workSub);
      m.expect(drain).toHaveSubscriptions(drainSub);
      m.flush();
      expect(lock.log).toStrictEqual(['5 a draining', '7 a given back']);
    }),
  );

  it(
    'ends with the first error, and stops the others',
    marbles((m) => {
      const lost = fakeLock(m, ' a--(l|)');
      const lostSub = '         -^--!';
      const held = fakeLock(m, '  a---------');
      const heldSub = '         --^-!';
      const source = m.cold('   -xy-------');
      const sourceSub = '       ^---!';
      const work = m.cold('      -1--2');
      const workSub1 = '        -^--!';
      const workSub2 = '        --^-!';
      const expected = '        --11#';

      const result$ = source.pipe(
        lockMap(
          (name) => (name === 'x' ? lost.lock$ : held.lock$),
          () => work,
        ),
      );
      m.expect(byName(result$)).toBeObservable(expected, undefined, 'LockLostError');
      m.expect(lost.lock$).toHaveSubscriptions(lostSub);
      m.expect(held.lock$).toHaveSubscriptions(heldSub);
      m.expect(source).toHaveSubscriptions(sourceSub);
      m.expect(work).toHaveSubscriptions([workSub1, workSub2]);
      m.flush();
      expect(held.log).toStrictEqual(['4 a draining', '4 a given back']);
    }),
  );

  it(
    'makes an error of what the functions throw',
    marbles((m) => {
      const boom = new Error('boom');
      const fail = (): never => {
        throw boom;
      };
      const lock = fakeLock(m, ' a');
      const lockSub = '         -(^!)';
      const source = m.cold('   -x');
      const sourceSub = '       ^!';
      const expected = '        -#';
      const noLock = lockMap(
        () => 5 as never,
        () => EMPTY,
      );

      m.expect(source.pipe(lockMap(fail, () => EMPTY))).toBeObservable(expected, undefined, boom);
      m.expect(source.pipe(lockMap(() => lock.lock$, fail))).toBeObservable(expected, undefined, boom);
      m.expect(byName(source.pipe(noLock))).toBeObservable(expected, undefined, 'LockValidationError');
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.expect(source).toHaveSubscriptions([sourceSub, sourceSub, sourceSub]);
    }),
  );

  for (const concurrent of [1, Infinity]) {
    it(`takes 100,000 values at once, ${String(concurrent)} at a time`, () => {
      let count = 0;
      let ended = false;
      range(0, 100_000)
        .pipe(
          lockMap(
            () => free(),
            (value) => of(value),
            { concurrent },
          ),
        )
        .subscribe({ next: () => count++, complete: () => (ended = true) });

      expect({ count, ended }).toStrictEqual({ count: 100_000, ended: true });
    });
  }

  it(
    'takes 20,000 values that were kept waiting',
    marbles((m) => {
      // What completes within its subscribe is started by what completed before it: a stack that must not grow.
      const result$ = range(0, 20_000).pipe(
        lockMap(
          () => free(),
          (value) => (value === 0 ? timer(3) : of(value)),
          { concurrent: 1 },
        ),
        map((_, index) => index),
      );
      let last: number | undefined;
      result$.subscribe({ next: (index) => (last = index) });
      m.flush();
      expect(last).toBe(19_999);
    }),
  );

  it('refuses bad arguments at the call, naming them', () => {
    const refused = (option: string, call: () => unknown): void => {
      expect(call).toThrow(LockValidationError);
      expect(call).toThrow(expect.objectContaining({ option }) as Error);
    };
    refused('lockFor', () => lockMap(free() as never, () => EMPTY));
    refused('work', () => lockMap(() => free(), 5 as never));
    for (const concurrent of [0, -1, 1.5, Number.NaN, '2']) {
      refused('concurrent', () =>
        lockMap(
          () => free(),
          () => EMPTY,
          { concurrent: concurrent as number },
        ),
      );
    }
    refused('onLost', () =>
      lockMap(
        () => free(),
        () => EMPTY,
        { onLost: 'x' as never },
      ),
    );
    refused('parallel', () =>
      lockMap(
        () => free(),
        () => EMPTY,
        { parallel: 2 } as never,
      ),
    );
  });

  it('knows the types', () => {
    const result$ = interval(1).pipe(
      lockMap(
        (value) => {
          expectTypeOf(value).toBeNumber();
          return free();
        },
        (value, lease) => {
          expectTypeOf(value).toBeNumber();
          expectTypeOf(lease).toEqualTypeOf<Lease<bigint>>();
          return of('x');
        },
      ),
    );
    expectTypeOf(result$).toEqualTypeOf<Observable<string>>();
  });
});
