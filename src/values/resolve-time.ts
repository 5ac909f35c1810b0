import { animationFrameScheduler, asapScheduler, asyncScheduler, queueScheduler, type SchedulerLike } from 'rxjs';
import { isVirtualNow } from './is-virtual-now.js';
import { schedulerClock } from './scheduler-clock.js';
import { steadyClock, type SomeClock } from './steady-clock.js';
import { systemClock } from './system-clock.js';
import { systemScheduler } from './system-scheduler.js';
import type { Runtime } from '../contract/time.js';

/** What somebody chose of it. */
interface Choice {
  readonly clock?: SomeClock | undefined;
  readonly scheduler?: SchedulerLike | undefined;
}

/** All that count in real time. Not what they tell: that is the wall clock, which may be stepped. */
const REAL: readonly unknown[] = [asyncScheduler, asapScheduler, queueScheduler, animationFrameScheduler];

/**
 * Decides what time somebody lives in, once and for ever: that of the scheduler that was given; else, within
 * `TestScheduler.run`, that of the run; else the system's.
 */
export function resolveTime({ clock, scheduler: given }: Choice): Pick<Runtime, 'clock' | 'scheduler'> {
  const scheduler = given === undefined || REAL.includes(given) ? realOrRun(clock) : given;
  if (clock !== undefined) return { clock: steadyClock(clock), scheduler };
  return { clock: scheduler === systemScheduler ? systemClock() : schedulerClock(scheduler), scheduler };
}

function realOrRun(clock: SomeClock | undefined): SchedulerLike {
  return clock !== systemClock() && isVirtualNow() ? asyncScheduler : systemScheduler;
}
