import { MAX_DURATION } from './duration.js';

/** A way to have something done later. */
export interface Timer {
  /**
   * @param delay Milliseconds, whole, at most 2^31 − 1.
   * @returns Takes it back.
   */
  schedule(delay: number, run: () => void): () => void;
}

/** The one timer of a table. */
export class Alarm {
  private at = Infinity;
  private cancel: (() => void) | undefined;
  private readonly onTimer = (): void => {
    this.at = Infinity;
    this.cancel = undefined;
    this.ring();
  };

  constructor(
    private readonly now: () => number,
    private readonly timer: Timer,
    private readonly ring: () => void,
  ) {}

  /**
   * Rings at that time, or before it: moving a timer costs more than a ring for nothing.
   *
   * @param at Infinity: not at all.
   */
  set(at: number): void {
    if (at === Infinity ? this.cancel === undefined : at >= this.at) return;
    this.cancel?.();
    this.cancel = undefined;
    this.at = at;
    if (at === Infinity) return;
    const delay = Math.min(Math.max(0, Math.ceil(at - this.now())), MAX_DURATION);
    this.cancel = this.timer.schedule(delay, this.onTimer);
  }
}
