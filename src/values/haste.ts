import { delayWhen, of, take, tap, timer, type MonoTypeOperatorFunction, type Observable } from 'rxjs';
import type { Runtime } from '../contract/time.js';

/** From the attempt that one hint caused to the next that a hint may cause. Milliseconds, of which the most are left to chance. */
const FLOOR = { least: 20, most: 100 } as const;

/**
 * How fast hints are followed: the first at once, and after an attempt that a hint has caused the next after a moment. So
 * one hand-off costs no time, and a flood of hints makes no loop. Those who are woken together come back one by one.
 */
export class Haste {
  /** When the last attempt began, on `clock.elapsed`. */
  private since = -Infinity;
  private isHinted = false;
  /** A hint has caused the attempt that comes. */
  private isHinting = false;

  constructor(private readonly runtime: Runtime) {}

  /** An attempt begins. */
  begun(): void {
    this.since = this.runtime.clock.elapsed();
    this.isHinted = this.isHinting;
    this.isHinting = false;
  }

  /** Passes the first hint on as soon as it may be followed. */
  curb<T>(): MonoTypeOperatorFunction<T> {
    return (hints$) =>
      hints$.pipe(
        take(1),
        delayWhen(() => this.moment$()),
        tap(() => {
          this.isHinting = true;
        }),
      );
  }

  private moment$(): Observable<unknown> {
    if (!this.isHinted) return of(0);
    const { clock, random, scheduler } = this.runtime;
    const floor = FLOOR.least + (FLOOR.most - FLOOR.least) * random();
    const left = Math.ceil(this.since + floor - clock.elapsed());
    return left > 0 ? timer(left, scheduler) : of(0);
  }
}
