import type { SchedulerLike } from 'rxjs';
import type { Timer } from './alarm.js';

/** A scheduler as the timer of a table. */
export function schedulerTimer(scheduler: SchedulerLike): Timer {
  return {
    schedule(delay, run) {
      const action = scheduler.schedule(run, delay);
      return () => {
        action.unsubscribe();
      };
    },
  };
}
