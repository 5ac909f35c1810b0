import { concat, defer, NEVER, of, Subject, throwError, timer, ignoreElements, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { schedulerClock } from '../../../src/values/scheduler-clock.js';
import { LockHeldError } from '../../../src/compat/octostore/index.js';
import { patiently } from '../../../src/compat/octostore/engine/patiently.js';
import { Time } from '../../support/virtual.js';

describe('patiently', () => {
  it('counts a hint that comes during an attempt for the pause after it', () => {
    const time = new Time();
    const hints$ = new Subject<void>();
    const starts: number[] = [];
    // Each takes 10 ms, and the fourth succeeds.
    const attempt$ = defer(() => {
      starts.push(time.now());
      const end$ = starts.length === 4 ? of('acquired') : throwError(() => new LockHeldError('held'));
      return concat(timer(10, time).pipe(ignoreElements()), end$);
    });
    const runtime = { clock: schedulerClock(time), scheduler: time, random: () => 1 };
    const seen: string[] = [];
    patiently(attempt$, { wait: 60_000, hints$, cancelled$: NEVER, runtime }).subscribe((value) => seen.push(value));
    time.advance(65);
    expect(starts).toEqual([0, 60]);
    hints$.next();
    time.advance(5);
    expect(starts).toEqual([0, 60, 70]);
    // It counted once only.
    time.advance(100);
    expect(starts).toEqual([0, 60, 70]);
    time.advance(1000);
    expect(seen).toEqual(['acquired']);
  });

  /** Refused in no time, again and again. */
  function refused(hints$: Observable<void>, error: () => LockHeldError) {
    const time = new Time();
    const starts: number[] = [];
    const attempt$ = defer(() => {
      starts.push(time.now());
      return throwError(error);
    });
    const runtime = { clock: schedulerClock(time), scheduler: time, random: () => 1 };
    patiently(attempt$, { wait: 60_000, hints$, cancelled$: NEVER, runtime }).subscribe();
    return { time, starts };
  }

  it('follows the first hint at once, and the next only after a pause', () => {
    const hints$ = new Subject<void>();
    const { time, starts } = refused(hints$, () => new LockHeldError('held'));
    time.advance(2000);
    starts.length = 0;
    for (let at = 0; at < 500; at++) {
      hints$.next();
      time.advance(1);
    }
    expect(starts).toEqual([2000, 2100, 2200, 2300, 2400, 2500]);
  });

  it('makes no loop of a delay of 0 ms', () => {
    const { time, starts } = refused(new Subject<void>(), () => new LockHeldError('delayed', { retryAfter: 0 }));
    time.advance(2000);
    expect(starts).toEqual([0, 50, 150, 350, 750, 1550]);
  });
});
