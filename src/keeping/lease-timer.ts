import { Observable, type Subscriber, type Subscription } from 'rxjs';
import type { Runtime } from '../contract/time.js';
import { restOf } from '../values/rest-of.js';

/** The longest time between two looks at the clock. Milliseconds. */
const LOOK = 1000;

/** One timer for many times, set anew to what is due first. All of them are on `clock.elapsed`. */
export class LeaseTimer {
  private sink: Subscriber<void> | undefined;
  private due = Infinity;
  private timer: Subscription | undefined;
  private resting: Subscription | undefined;

  /**
   * Emits when something is due, or earlier: a look at the clock is wanted at least each second, as a timer does not count
   * the time of a suspend. Has one subscriber, who has it armed; without one it is not.
   */
  readonly ticks$ = new Observable<void>((sink) => {
    this.sink = sink;
    return () => {
      this.sink = undefined;
      this.disarm();
    };
  });

  /** @param first When the first of them is due; Infinity if there is none. */
  constructor(
    private readonly runtime: Runtime,
    private readonly first: () => number,
  ) {}

  /** When it ticks; Infinity if it is not armed, or if its scheduler has given up all that it had planned. */
  get at(): number {
    return this.timer?.closed === true ? Infinity : this.due;
  }

  /** Sets the timer to what is due first. One that is armed for an earlier moment stays: its tick arms it for the next. */
  arm(): void {
    const due = this.first();
    if (this.sink === undefined || due >= this.at) return;
    this.disarm();
    const { clock, scheduler } = this.runtime;
    const now = clock.elapsed();
    this.due = Math.min(due, now + LOOK);
    this.timer = scheduler.schedule(this.tick, Math.max(0, this.due - now));
  }

  /** Calls back after a while, once for all who ask meanwhile. */
  rest(atRest: () => void): void {
    if (this.sink === undefined || this.resting?.closed === false) return;
    const { scheduler } = this.runtime;
    this.resting = scheduler.schedule(() => {
      // It is not closed by having been done.
      this.resting = undefined;
      atRest();
    }, restOf(scheduler));
  }

  private readonly tick = (): void => {
    this.timer = undefined;
    this.due = Infinity;
    try {
      this.sink?.next();
    } finally {
      // Whatever goes wrong with one of them, the others are watched.
      this.arm();
    }
  };

  private disarm(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
    this.due = Infinity;
  }
}
