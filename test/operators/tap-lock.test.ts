import { ignoreElements, map, Observable } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { tapLock } from '../../operators/index.js';
import { LockValidationError } from '../../src/contract/errors.js';
import type { Lease, LockEvent, LocksEvent } from '../../src/contract/lease.js';
import { fakeLock, marbles } from '../support/fake-lock.js';

describe('tapLock', () => {
  it(
    'calls the handler of each type, and passes every event on',
    marbles((m) => {
      const lock = fakeLock(m, 'w-a-r-u-l-b-(g|)');
      const lockSub = '         ^-----------!';
      const expected = '        w-a-r-u-l-a-(f|)';
      const names = { w: 'waiting', a: 'acquired', r: 'renewed', u: 'uncertain', l: 'lost', f: 'released' };
      const seen: string[] = [];
      const see = (event: LockEvent<bigint>): void => {
        seen.push(`${String(m.scheduler.now())} ${event.type}`);
      };

      const result$ = lock.lock$.pipe(
        tapLock({ waiting: see, acquired: see, renewed: see, uncertain: see, lost: see, released: see }),
        map(({ type }) => type),
      );
      m.expect<string>(result$).toBeObservable(expected, names);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.flush();
      expect(seen).toStrictEqual([
        '0 waiting',
        '2 acquired',
        '4 renewed',
        '6 uncertain',
        '8 lost',
        '10 acquired',
        '12 released',
      ]);
    }),
  );

  it(
    'needs no handler for every type',
    marbles((m) => {
      const lock = fakeLock(m, 'w-a-(l|)');
      const lockSub = '         ^---!';
      const expected = '        ----|';
      const seen: string[] = [];

      const result$ = lock.lock$.pipe(tapLock({ lost: ({ reason }) => seen.push(reason) }), ignoreElements());
      m.expect(result$).toBeObservable(expected);
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
      m.flush();
      expect(seen).toStrictEqual(['refused']);
    }),
  );

  it(
    'makes an error of an exception',
    marbles((m) => {
      const lock = fakeLock(m, 'w-a-r-');
      const lockSub = '         ^-!';
      const expected = '        --#';
      const boom = new Error('boom');
      const fail = (): void => {
        throw boom;
      };

      m.expect(lock.lock$.pipe(tapLock({ acquired: fail }), ignoreElements())).toBeObservable(
        expected,
        undefined,
        boom,
      );
      m.expect(lock.lock$).toHaveSubscriptions(lockSub);
    }),
  );

  it('refuses what is no handler', () => {
    expect(() => tapLock({ aquired: () => undefined })).toThrow(LockValidationError);
    expect(() => tapLock<LockEvent>({ acquired: 5 as never })).toThrow(
      expect.objectContaining({ option: 'acquired' }) as Error,
    );
  });

  it('knows the type of each event', () => {
    const lock$ = new Observable<LockEvent<bigint>>();
    const events$ = new Observable<LocksEvent<bigint>>();

    const tapped$ = lock$.pipe(
      tapLock({
        acquired: ({ lease }) => {
          expectTypeOf(lease).toEqualTypeOf<Lease<bigint>>();
        },
        lost: ({ reason }) => {
          expectTypeOf(reason).toBeString();
        },
      }),
    );
    expectTypeOf(tapped$).toEqualTypeOf<Observable<LockEvent<bigint>>>();
    events$.pipe(
      tapLock({
        acquired: ({ waited }) => {
          expectTypeOf(waited).toBeNumber();
        },
      }),
    );
  });
});
