import type { Subscription } from 'rxjs';
import type { Runtime } from './types.js';

/** The longest time between two looks at the clock. Milliseconds. */
const LOOK = 1000;

/** One timer for the earliest of many times, on `clock.elapsed`. */
export class LeaseTimer {
  /** When it rings; Infinity if it is not armed. */
  at = Infinity;
  private timer: Subscription | undefined;
  private sparing = false;
  private readonly tick = (): void => {
    this.timer = undefined;
    this.at = Infinity;
    this.ring();
  };

  /** @param ring Called at the time, or earlier: a look at the clock is due at least each second. */
  constructor(
    private readonly runtime: Runtime,
    private readonly ring: () => void,
  ) {}

  /** One that is armed for an earlier moment stays: whoever hears it arms it for the next. */
  arm(due: number): void {
    if (due >= this.at) return;
    this.disarm();
    const { clock, scheduler } = this.runtime;
    const now = clock.elapsed();
    // A timer does not count the time of a suspend: a late look would notice a loss long after the machine woke up.
    this.at = Math.min(due, now + LOOK);
    this.timer = scheduler.schedule(this.tick, Math.max(0, this.at - now));
  }

  /** Whoever takes lock after lock would arm and disarm the timer each time: it goes when that has come to a rest. */
  spare(isIdle: () => boolean): void {
    if (this.at === Infinity || this.sparing) return;
    this.sparing = true;
    this.runtime.scheduler.schedule(() => {
      this.sparing = false;
      if (isIdle()) this.disarm();
    }, 0);
  }

  disarm(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
    this.at = Infinity;
  }
}
