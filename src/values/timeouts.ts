import { Alarm, type Timer } from './alarm.js';
import { Heap, type HeapItem } from './heap.js';
import { reportErrors } from './report-errors.js';

/** The time of what is done away with: before any that a clock tells. */
const OFF = -(2 ** 30);

/** Something that is to happen at a time. Its holder owns `ring`, `Timeouts` all else. */
export interface Timeout extends HeapItem {
  due: number;
  ring(): void;
}

/** Many timeouts on one timer: most are moved, or done away with, far more often than they ring. */
export class Timeouts {
  private readonly heap = new Heap<Timeout>();
  private readonly alarm: Alarm;
  private isResting = false;

  /**
   * @param now A clock that never falls, in milliseconds.
   * @param rest How long the timer stays when there is nothing left, in milliseconds. Whoever has one thing after the other
   * would set it up, and take it back, for each.
   */
  constructor(
    readonly now: () => number,
    timer: Timer,
    private readonly rest = 0,
  ) {
    this.alarm = new Alarm(now, timer, () => {
      this.sweep();
    });
  }

  /** Lets it ring at that time, whatever was set before. */
  set(timeout: Timeout, at: number): void {
    // Whole milliseconds are stored without an object of their own.
    timeout.due = Math.ceil(at);
    if (timeout.position < 0) this.heap.push(timeout);
    else this.heap.update(timeout);
    this.arm();
  }

  clear(timeout: Timeout): void {
    // It may be about to ring.
    timeout.due = OFF;
    if (timeout.position < 0) return;
    this.heap.remove(timeout);
    if (this.heap.size === 0) this.arm();
  }

  private sweep(): void {
    this.isResting = false;
    const now = this.now();
    const due: Timeout[] = [];
    for (let first = this.heap.peek(); first !== undefined && first.due <= now; first = this.heap.peek()) {
      this.heap.remove(first);
      due.push(first);
    }
    for (const timeout of due) {
      // One of those before may have set this one anew, or have done away with it.
      if (timeout.position >= 0 || timeout.due === OFF || timeout.due > now) continue;
      reportErrors(() => {
        timeout.ring();
      });
    }
    const next = this.heap.peek();
    if (next !== undefined) this.alarm.set(next.due);
  }

  private arm(): void {
    const first = this.heap.peek();
    if (first !== undefined) this.alarm.set(first.due);
    else if (this.rest === 0) this.alarm.set(Infinity);
    else if (!this.isResting) {
      this.isResting = true;
      this.alarm.set(this.now() + this.rest);
    }
  }
}
