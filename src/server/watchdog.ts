import type { Timeout, Timeouts } from '../values/timeouts.js';

/** A deadline that keeps being put off: it is looked at again when it would have been due, and not moved each time. */
export class Watchdog implements Timeout {
  due = Infinity;
  position = -1;

  /**
   * @param deadline When it is due, as of now; Infinity: not at all.
   * @param bite Called when it is over.
   */
  constructor(
    private readonly timeouts: Timeouts,
    private readonly deadline: () => number,
    private readonly bite: () => void,
  ) {}

  /** To be called when the deadline may have come nearer. */
  guard(): void {
    const deadline = this.deadline();
    if (deadline !== Infinity && (this.position < 0 || deadline < this.due)) this.timeouts.set(this, deadline);
  }

  stop(): void {
    this.timeouts.clear(this);
  }

  ring(): void {
    if (this.timeouts.now() >= this.deadline()) this.bite();
    this.guard();
  }
}
