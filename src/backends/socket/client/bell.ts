import type { Timeout, Timeouts } from '../../../values/timeouts.js';

/**
 * Rings once at a time. What an event loop that was blocked has not read yet is read first: so it looks at the clock, lets
 * others have their turn, and rings then.
 */
export class Bell implements Timeout {
  due = 0;
  position = -1;
  private hasLooked = false;

  /** @param run Called with the time. */
  constructor(
    private readonly timeouts: Timeouts,
    private readonly run: (now: number) => void,
  ) {}

  get isSet(): boolean {
    return this.position >= 0;
  }

  set(at: number): void {
    this.hasLooked = false;
    this.timeouts.set(this, at);
  }

  /** Leaves it as it is if it rings by then in any case. */
  setAtLatest(at: number): void {
    if (!this.isSet || this.due > at) this.set(at);
  }

  stop(): void {
    if (this.isSet) this.timeouts.clear(this);
  }

  ring(): void {
    const now = this.timeouts.now();
    if (this.hasLooked) {
      this.hasLooked = false;
      this.run(now);
    } else {
      this.timeouts.set(this, now + 1);
      this.hasLooked = true;
    }
  }
}
