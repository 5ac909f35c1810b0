import type { SchedulerLike } from 'rxjs';

/** A time during which a process does nothing. Milliseconds of true time. */
export interface Standstill {
  readonly from: number;
  readonly to: number;
  /**
   * `'blocked'`: its timers have gone on, and all that were due come at its end (a blocked event loop, SIGSTOP).
   * `'suspended'`: its timers have stood still as well, and come that much later (a laptop that slept).
   */
  readonly how: 'blocked' | 'suspended';
}

/** The time of a process, as its clock and timers tell it. Nothing may reschedule an action of it: that would escape. */
export function holderTime(scheduler: SchedulerLike, rate: number, standstill?: Standstill): SchedulerLike {
  const wake = (now: number, due: number): number => {
    if (standstill === undefined || now >= standstill.to || due < standstill.from) return due;
    const { from, to, how } = standstill;
    if (how === 'blocked') return Math.max(due, to);
    return due + to - Math.max(from, now);
  };
  return {
    now: () => scheduler.now() * rate,
    schedule(work, delay = 0, state) {
      const now = scheduler.now();
      return scheduler.schedule(work, wake(now, now + delay / rate) - now, state as never);
    },
  };
}
