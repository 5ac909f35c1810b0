import type { SchedulerLike } from 'rxjs';
import { steadyClock } from './steady-clock.js';
import type { Clock } from '../contract/time.js';

const clocks = new WeakMap<object, Clock>();

/**
 * A clock that is a scheduler's own time, for virtual time. One scheduler has one clock; if it is set back, the clock
 * goes on from where it was.
 *
 * @param scheduler Its `now()` is in milliseconds.
 */
export function schedulerClock(scheduler: Pick<SchedulerLike, 'now'>): Clock {
  let clock = clocks.get(scheduler);
  if (clock === undefined) {
    const now = (): number => scheduler.now();
    clocks.set(scheduler, (clock = steadyClock({ elapsed: now, date: now, monotonic: now })));
  }
  return clock;
}
