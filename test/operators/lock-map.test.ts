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
    marbles((m, s) => {
      const x = fakeLock(m, s, '        a-----');
      const y = fakeLock(m, s, '         -a------');
      const source = m.cold('          -xy--|');
      const sourceSub = '              ^----!';
      const work = m.cold('             -1--2|');
      const workSubs = ['              -^----!', '---^----!'];
      const expected = '               --1-12-2|';

      m.expectObservable(
        source.pipe(
          lockMap(
            (name) => (name === 'x' ? x.lock$ : y.lock$),
            () => work,
          ),
        ),
      ).toBe(expected);
      m.expectSubscriptions(source.subscriptions).toBe(sourceSub);
      m.expectSubscriptions(x.subscriptions).toBe('     -^----!');
      m.expectSubscriptions(y.subscriptions).toBe('     --^-----!');
      m.expectSubscriptions(work.subscriptions).toBe(workSubs);
      m.flush();
      expect(x.log).toStrictEqual(['6 a draining', '6 a given back']);
      expect(y.log).toStrictEqual(['8 a draining', '8 a given back']);
    }),
  );

  it(
    'works on no more values at once than concurrent, locks that are waited for included',
    marbles((m, s) => {
      const lock = fakeLock(m, s, '    w-a----');
      const source = m.cold('          (xyz|)');
      const work = m.cold('              --1|');
      const expected = '               ----1----1----1|';

      m.expectObservable(
        source.pipe(
          lockMap(
            () => lock.lock$,
            () => work,
            { concurrent: 1 },
          ),
        ),
      ).toBe(expected);
      m.expectSubscriptions(lock.subscriptions).toBe(['^----!', '-----^----!', '----------^----!']);
      m.expectSubscriptions(work.subscriptions).toBe(['--^--!', '-------^--!', '------------^--!']);
    }),
  );

  it(
    'gives value, lease and index to the work, value and index to the lock',
    marbles((m, s) => {
      const lock = fakeLock(m, s, 'a');
      const seen: unknown[] = [];
      const result$ = m.cold('x-y|').pipe(
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

      m.expectObservable(result$).toBe('---|');
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
    marbles((m, s) => {
      const lock = fakeLock(m, s, '     a--------');
      const source = m.cold('          -x-----y');
      const work = m.cold('             -1-2-3');
      const workSub = '                -^---!';
      const drain = m.cold('                --|');
      const drainSub = '               -----^-!';
      const unsub = '                  -----!';

      m.expectObservable(
        source.pipe(
          lockMap(
            () => lock.lock$,
            () => work,
            { drain: () => drain },
          ),
        ),
        unsub,
      ).toBe('--1-2-');
      m.expectSubscriptions(source.subscriptions).toBe(unsub.replace('-', '^'));
      m.expectSubscriptions(work.subscriptions).toBe(workSub);
      m.expectSubscriptions(drain.subscriptions).toBe(drainSub);
      m.flush();
      expect(lock.log).toStrictEqual(['5 a draining', '7 a given back']);
    }),
  );

  it(
    'ends with the first error, and stops the others',
    marbles((m, s) => {
      const lost = fakeLock(m, s, '     a--(l|)');
      const held = fakeLock(m, s, '      a---------');
      const source = m.cold('          -xy-------');
      const sourceSub = '              ^---!';
      const work = m.cold('             -1--2');
      const expected = '               --11#';

      const result$ = source.pipe(
        lockMap(
          (name) => (name === 'x' ? lost.lock$ : held.lock$),
          () => work,
        ),
      );
      m.expectObservable(byName(result$)).toBe(expected, undefined, 'LockLostError');
      m.expectSubscriptions(source.subscriptions).toBe(sourceSub);
      m.expectSubscriptions(work.subscriptions).toBe(['-^--!', '--^-!']);
      m.flush();
      expect(held.log).toStrictEqual(['4 a draining', '4 a given back']);
    }),
  );

  it(
    'makes an error of what the functions throw',
    marbles((m, s) => {
      const boom = new Error('boom');
      const fail = (): never => {
        throw boom;
      };
      const lock = fakeLock(m, s, 'a');

      m.expectObservable(m.cold('-x').pipe(lockMap(fail, () => EMPTY))).toBe('-#', undefined, boom);
      m.expectObservable(m.cold('-x').pipe(lockMap(() => lock.lock$, fail))).toBe('-#', undefined, boom);
      m.expectObservable(
        byName(
          m.cold('-x').pipe(
            lockMap(
              () => 5 as never,
              () => EMPTY,
            ),
          ),
        ),
      ).toBe('-#', undefined, 'LockValidationError');
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
