import {
  asyncScheduler,
  concat,
  defer,
  EMPTY,
  filter,
  finalize,
  NEVER,
  Observable,
  of,
  Subject,
  throwError,
  type Subscription,
} from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { memory } from '../../src/backends/memory/memory.js';
import type { Lease, LockEvent } from '../../src/contract/lease.js';
import type { Locks } from '../../src/contract/locks.js';
import { createLocks } from '../../src/locks/create-locks.js';
import { shareLease, tapLock, usingLock, whileLeader } from '../../operators/index.js';
import { Time } from '../support/virtual.js';

function scene() {
  const time = new Time();
  const backend = memory();
  return { time, backend, locks: createLocks(backend, { scheduler: time, random: () => 0.5 }) };
}

describe('the end of work', () => {
  it('starts no other under a lock that is taken again meanwhile', async () => {
    const { time, backend, locks } = scene();
    let works = 0;
    const revoke = (): void => {
      backend.revoke('a').subscribe();
    };
    const work$ = defer(() => {
      works++;
      return NEVER;
    }).pipe(finalize(revoke));
    const subscription = usingLock(locks.lock$('a', '10s', { onLost: 'reacquire' }), () => work$).subscribe();
    subscription.unsubscribe();
    time.advance(1000);
    expect(works).toBe(1);
    expect(await locks.list()).toEqual([]);
  });

  it('is waited for in virtual time, also where none began', () => {
    const { time, locks } = scene();
    const shared$ = locks.lock$('a', '10s').pipe(shareLease());
    const real = vi.spyOn(asyncScheduler, 'schedule');
    const subscriptions: Subscription[] = [shared$.subscribe()];
    const given$ = shared$.pipe(tapLock({ acquired: ({ lease }) => void lease.release() }));
    subscriptions.push(usingLock(given$, () => new Observable(), { onLost: 'reacquire' }).subscribe());
    expect(real).not.toHaveBeenCalled();
    real.mockRestore();
    for (const one of subscriptions) one.unsubscribe();
    time.advance(1000);
  });
});

describe('work that gives its lock back as it begins', () => {
  const giveBack = ({ lease }: { readonly lease: Lease }): void => void lease.release();
  const above = tapLock<LockEvent>({ acquired: giveBack });
  const silent = filter((event: LockEvent) => event.type !== 'released');
  const same = (lock$: Observable<LockEvent>): Observable<LockEvent> => lock$;

  // `released` is told after the `acquired` in which all of this happens, so the work looks at its lease before.
  it.each<readonly [string, (lease: Lease) => Observable<unknown>, typeof same, string]>([
    ['then has a value', (lease) => (giveBack({ lease }), of(1)), same, 'complete'],
    ['then completes', (lease) => (giveBack({ lease }), EMPTY), same, 'complete'],
    ['then goes on', (lease) => (giveBack({ lease }), NEVER), same, 'complete'],
    ['then fails', (lease) => (giveBack({ lease }), throwError(() => new RangeError('no'))), same, 'RangeError: no'],
    ['below shareLease', (lease) => (giveBack({ lease }), of(1)), (lock$) => lock$.pipe(shareLease()), 'complete'],
    ['before it began', () => of(1), (lock$) => lock$.pipe(above), 'complete'],
    ['and is not told of it', (lease) => (giveBack({ lease }), NEVER), (lock$) => lock$.pipe(silent), 'complete'],
  ])('completes, as at any other time: %s', (_, work, through, expected) => {
    const { locks } = scene();
    const ends: string[] = [];
    usingLock(locks.lock$('a', '10s').pipe(through), work).subscribe({
      error: (error: unknown) => ends.push(String(error)),
      complete: () => ends.push('complete'),
    });
    expect(ends).toEqual([expected]);
  });

  it('completes also where the stream never ends', () => {
    const { time, locks } = scene();
    const ends: string[] = [];
    const lock$ = concat(locks.lock$('a', '10s').pipe(silent), NEVER);
    usingLock(lock$, (lease) => (giveBack({ lease }), of(1))).subscribe({ complete: () => ends.push('complete') });
    time.advance(1);
    expect(ends).toEqual(['complete']);
  });

  it.each([
    [
      'the failure of until',
      'RangeError: until',
      (_: Locks, until: Subject<void>) => {
        until.error(new RangeError('until'));
      },
    ],
    ['the end of the locks', 'LockClosedError', (locks: Locks) => void locks.close()],
  ])('ends with %s, if that gives it back as it is granted', (_, expected, act) => {
    const { locks } = scene();
    const until = new Subject<void>();
    const ends: string[] = [];
    locks.events$.subscribe(({ type }) => {
      if (type === 'acquired') act(locks, until);
    });
    usingLock(locks.lock$('a', '10s', { until }), () => of(1)).subscribe({
      error: (error: unknown) => ends.push(String(error)),
      complete: () => ends.push('complete'),
    });
    expect(ends).toEqual([expect.stringContaining(expected)]);
  });

  it('is begun anew where it is a leader', () => {
    const { time, locks } = scene();
    const works: string[] = [];
    const subscription = locks
      .leader$('a', '10s')
      .pipe(
        whileLeader((lease) => {
          works.push(String(lease.fencingToken));
          if (works.length === 1) giveBack({ lease });
          return of(1);
        }),
      )
      .subscribe();
    time.advance(1000);
    expect(works).toEqual(['1', '2']);
    subscription.unsubscribe();
  });
});
