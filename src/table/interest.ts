import { Alarm, type Timer } from '../values/alarm.js';
import type { Audience } from './audience.js';
import type { Terms } from './terms.js';

/**
 * How many wait or watch, and the one timer of a table: which is armed only for them. Nobody else needs to know of an expiry when it happens.
 */
export class Interest {
  waiting = 0;
  /** When the table begins to grant, on its clock; -Infinity if it has begun. */
  opensAt = -Infinity;
  private readonly alarm: Alarm;

  /**
   * @param now A monotonic clock, in milliseconds.
   * @param timer Armed at most once at a time.
   * @param ring Called when there is something to be looked at.
   */
  constructor(
    now: () => number,
    timer: Timer,
    private readonly terms: Terms,
    private readonly audience: Audience,
    ring: () => void,
  ) {
    this.alarm = new Alarm(now, timer, ring);
  }

  /** To be called when the next thing to be looked at may come sooner, or there is none any more. */
  arm(): void {
    this.alarm.set(this.waiting + this.audience.size === 0 ? Infinity : this.due);
  }

  private get due(): number {
    const opening = this.opensAt === -Infinity ? Infinity : this.opensAt;
    return Math.min(this.terms.next, this.audience.due, opening);
  }
}
