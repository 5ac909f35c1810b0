import { Heap, type HeapItem } from '../values/heap.js';
import { Alarm, type Timer } from '../values/alarm.js';

/** Something that is to happen at a time. Its holder owns `ring`, `Timeouts` all else. */
export interface Timeout extends HeapItem {
  ring(): void;
}

/** All timeouts of a server on one timer: a connection has several, and most are moved far more often than they ring. */
export class Timeouts {
  private readonly heap = new Heap<Timeout>();
  private readonly alarm: Alarm;

  /** @param now A monotonic clock, in milliseconds. */
  constructor(
    readonly now: () => number,
    timer: Timer,
  ) {
    this.alarm = new Alarm(now, timer, () => {
      this.sweep();
    });
  }

  /** Lets it ring at that time, whatever was set before. */
  set(timeout: Timeout, at: number): void {
    timeout.due = Math.ceil(at);
    if (timeout.position < 0) this.heap.push(timeout);
    else this.heap.update(timeout);
    this.arm();
  }

  clear(timeout: Timeout): void {
    this.heap.remove(timeout);
    if (this.heap.size === 0) this.arm();
  }

  private sweep(): void {
    const now = this.now();
    const due: Timeout[] = [];
    for (let first = this.heap.peek(); first !== undefined && first.due <= now; first = this.heap.peek()) {
      this.heap.remove(first);
      due.push(first);
    }
    for (const timeout of due) {
      // One of those before may have set this one anew, or have done away with it.
      if (timeout.position < 0 && timeout.due <= now) timeout.ring();
    }
    this.arm();
  }

  private arm(): void {
    this.alarm.set(this.heap.peek()?.due ?? Infinity);
  }
}
