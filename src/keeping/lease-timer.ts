import type { Subscription } from 'rxjs';
import type { Runtime } from '../contract/time.js';

/** The longest time between two looks at the clock. Milliseconds. */
const LOOK = 1000;

/** One timer for the earliest of many times, on `clock.elapsed`. */
export class LeaseTimer {
  private due = Infinity;
  private timer: Subscription | undefined;
  private sparing: Subscription | undefined;
  private readonly tick = (): void => {
    this.timer = undefined;
    this.due = Infinity;
    this.ring();
  };

  /** @param ring Called at the time, or earlier: a look at the clock is due at least each second. */
  constructor(
    private readonly runtime: Runtime,
    private readonly ring: () => void,
  ) {}

  /** When it rings; Infinity if it is not armed, or if its scheduler has given up all that it had planned. */
  get at(): number {
    return this.timer?.closed === true ? Infinity : this.due;
  }

  /** One that is armed for an earlier moment stays: whoever hears it arms it for the next. */
  arm(due: number): void {
    if (due >= this.at) return;
    this.disarm();
    const { clock, scheduler } = this.runtime;
    const now = clock.elapsed();
    // A timer does not count the time of a suspend: a late look would notice a loss long after the machine woke up.
    this.due = Math.min(due, now + LOOK);
    this.timer = scheduler.schedule(this.tick, Math.max(0, this.due - now));
  }

  /** Whoever takes lock after lock would arm and disarm the timer each time: it goes when that has come to a rest. */
  spare(isIdle: () => boolean): void {
    if (this.at === Infinity || this.sparing?.closed === false) return;
    this.sparing = this.runtime.scheduler.schedule(() => {
      this.sparing = undefined;
      if (isIdle()) this.disarm();
    }, 0);
  }

  /**
   * Is armed anew in another kind of time; neither can clear the timers of the other.
   *
   * @returns Brings back what was armed before.
   */
  setAside(): () => void {
    const { due, timer } = this;
    this.due = Infinity;
    this.timer = undefined;
    return () => {
      this.due = due;
      this.timer = timer;
      this.sparing = undefined;
    };
  }

  disarm(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
    this.due = Infinity;
  }
}
