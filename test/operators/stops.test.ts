import { NEVER, Observable, Subject, takeUntil, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { shareLease, tapLock, tryWithLock, usingLock, withLock } from '../../operators/index.js';
import type { LockEvent, LocksEvent } from '../../src/contract/lease.js';
import type { LockOptions } from '../../src/contract/options.js';
import { setup } from '../support/virtual.js';

type Lock = Observable<LockEvent<unknown>>;

const again = { onLost: 'reacquire' } as const;

/** What runs work anew after a loss. Each counts its runs by subscribing to `work`. */
const results: Record<string, (lock: Lock, work: Observable<never>) => Observable<never>> = {
  usingLock: (lock, work) => usingLock(lock, () => work, again),
  withLock: (lock, work) => work.pipe(withLock(lock, again)),
  tryWithLock: (lock, work) => work.pipe(tryWithLock(lock, again)),
  'usingLock on shareLease': (lock, work) => usingLock(lock.pipe(shareLease()), () => work, again),
};

const locks: Record<string, (all: ReturnType<typeof setup>['locks'], options: LockOptions) => Lock> = {
  lock$: (all, options) => all.lock$('a', '10s', options),
  all$: (all, options) => all.all$(['a', 'b'], '10s', options),
};

/** How somebody stops it: an option of the lock, or an operator on its stream. */
const stops: Record<string, (make: (options: LockOptions) => Lock, stop: Subject<void>) => Lock> = {
  until: (make, stop) => make({ until: stop }),
  takeUntil: (make, stop) => make({}).pipe(takeUntil(stop)),
};

/** A work under locks of a service that grants at once and renews nothing. */
function running(lockOf: string, stopBy: string, result: string) {
  const all = setup();
  all.backend.onAcquire = (call) => call.grant();
  const stop = new Subject<void>();
  const state = { runs: 0, active: 0, end: undefined as unknown };
  const work = new Observable<never>(() => {
    state.runs++;
    state.active++;
    return () => state.active--;
  });
  const lock = stops[stopBy]!((options) => locks[lockOf]!(all.locks, options), stop);
  results[result]!(lock, work).subscribe({
    error: (error: unknown) => (state.end = error),
    complete: () => (state.end = 'complete'),
  });
  return { ...all, state, stop };
}

const cases = Object.keys(locks).flatMap((lockOf) =>
  Object.keys(stops).flatMap((stopBy) => Object.keys(results).map((result) => [result, lockOf, stopBy] as const)),
);

describe.each(cases)("%s with onLost: 'reacquire', on %s, stopped by %s", (result, lockOf, stopBy) => {
  it('goes on after a loss, under a new lease', () => {
    const { state, time } = running(lockOf, stopBy, result);
    time.advance(9000);
    expect(state).toEqual({ runs: 2, active: 1, end: undefined });
  });

  it('hears a stop in the turn of a loss that nobody has noticed', () => {
    const { state, stop, time } = running(lockOf, stopBy, result);
    time.frame = 9000;
    stop.next();
    time.advance(60_000);
    expect(state).toEqual({ runs: 1, active: 0, end: 'complete' });
  });

  it('hears a stop that comes while the loss is told', () => {
    const { locks: all, state, stop, time } = running(lockOf, stopBy, result);
    all.events$.subscribe(({ type }: LocksEvent) => {
      if (type === 'lost') stop.next();
    });
    time.advance(60_000);
    expect(state).toEqual({ runs: 1, active: 0, end: 'complete' });
  });

  it('hears a stop that comes right after the loss, when nobody holds the lock', () => {
    const { backend, state, stop, time } = running(lockOf, stopBy, result);
    backend.onAcquire = undefined;
    time.advance(8000);
    expect(state).toEqual({ runs: 1, active: 0, end: undefined });
    stop.next();
    time.advance(60_000);
    expect(state).toEqual({ runs: 1, active: 0, end: 'complete' });
    expect(backend.acquired.filter(({ open }) => open)).toHaveLength(0);
  });
});

describe('work that blocks the event loop until its lock is lost, each time anew', () => {
  it('lets a stop be heard', () => {
    const { backend, locks: all, time } = setup();
    backend.onAcquire = (call) => call.grant();
    const stop = new Subject<void>();
    let runs = 0;
    let end = '';
    const lock$ = all.lock$('a', '10s', { until: stop });
    // The first turn after the one in which it began.
    time.schedule(() => {
      stop.next();
    }, 1);
    usingLock(
      lock$,
      (lease) => {
        if (++runs > 50) throw new Error('nothing else ever runs');
        time.frame += 9000;
        expect(lease.isHeld).toBe(false);
        return NEVER;
      },
      again,
    ).subscribe({ error: (error: unknown) => (end = (error as Error).message), complete: () => (end = 'complete') });
    time.advance(60_000);
    expect(end).toBe('complete');
    expect(runs).toBeLessThan(3);
  });
});

describe('below a handler that is slow, and asks', () => {
  it('hears everything in order, and works under the lock that is held', () => {
    const { backend, locks: all, time } = setup();
    backend.onAcquire = (call) => call.grant();
    backend.onRenew = (call) => {
      call.confirm();
    };
    const heard: string[] = [];
    const tokens: unknown[] = [];
    let slow = true;
    const lock$ = all.lock$('a', '10s', again).pipe(
      tapLock({
        acquired: ({ lease }) => {
          if (slow) time.frame += 8500;
          slow = false;
          lease.remaining();
        },
      }),
      tap((event) => {
        if (event.type !== 'waiting') heard.push(`${event.type} ${String(tokens.indexOf(event.lease))}`);
      }),
    );
    usingLock(
      lock$.pipe(
        tap((event) => {
          if (event.type === 'acquired') tokens.push(event.lease);
        }),
      ),
      () => NEVER,
      again,
    ).subscribe();
    time.advance(1000);
    expect(heard.map((line) => line.split(' ')[0])).toEqual(['acquired', 'lost', 'acquired']);
    expect(tokens).toHaveLength(2);
  });
});
