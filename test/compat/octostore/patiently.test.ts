import { concat, defer, NEVER, of, Subject, throwError, timer, ignoreElements } from 'rxjs';
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
});
