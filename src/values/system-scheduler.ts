import { Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs';
import { MAX_DURATION } from './duration.js';
import { systemClock } from './system-clock.js';

type Work<T> = (this: SchedulerAction<T>, state?: T) => void;

/** Something that is to be done later: once, or again and again if it says so while it is done. */
class Timed<T> extends Subscription implements SchedulerAction<T> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** What is left after the timer; an engine has none for so long. */
  private rest = 0;
  private state: T | undefined;

  constructor(private work: Work<T> | undefined) {
    super();
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this;
    clearTimeout(this.timer);
    this.state = state;
    this.wait(delay);
    return this;
  }

  override unsubscribe(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = this.work = this.state = undefined;
    super.unsubscribe();
  }

  /** @internal The timer rang. */
  ring(): void {
    this.timer = undefined;
    if (this.rest > 0) {
      this.wait(this.rest);
      return;
    }
    try {
      this.work?.(this.state);
    } catch (error) {
      // As RxJS's own do: what fails is not done again, and the error is the timer's.
      this.unsubscribe();
      throw error;
    }
  }

  private wait(delay: number): void {
    const now = Math.min(delay, MAX_DURATION);
    this.rest = delay - now;
    this.timer = setTimeout(ring, now, this);
  }
}

function ring(timed: { ring(): void }): void {
  timed.ring();
}

/**
 * Real time, as RxJS's `asyncScheduler` has it, but nothing of RxJS's is asked for it: a TestScheduler's run, which
 * replaces that, leaves it alone. A test runner's fake timers are followed, as the timers are looked up at each call.
 */
export const systemScheduler: SchedulerLike = {
  now: () => systemClock().date(),
  schedule: <T>(work: Work<T>, delay = 0, state?: T): Subscription => new Timed(work).schedule(state, delay),
};
