import type { SchedulerLike } from 'rxjs';
import { onePerProcess } from './one-per-process.js';
import { steadyClock } from './steady-clock.js';
import type { Clock } from '../contract/time.js';

const SLOT = Symbol.for('rxlock.scheduler-clocks');

/**
 * A clock that is a scheduler's own time, for virtual time. One scheduler has one clock in a process; if it is set back, the clock
 * goes on from where it was.
 *
 * @param scheduler Its `now()` is in milliseconds.
 */
export function schedulerClock(scheduler: Pick<SchedulerLike, 'now'>): Clock {
  const clocks = onePerProcess(SLOT, () => new WeakMap<object, Clock>());
  let clock = clocks.get(scheduler);
  if (clock === undefined) {
    const now = (): number => scheduler.now();
    clocks.set(scheduler, (clock = steadyClock({ elapsed: now, date: now, monotonic: now })));
  }
  return clock;
}
