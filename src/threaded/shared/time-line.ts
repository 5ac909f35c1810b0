import type { Clock } from '../../contract/time.js';
import { commonTime } from './common-time.js';

/** Since a moment in common time, `elapsed` is ahead of it by at least so much. */
interface Step {
  readonly since: number;
  readonly lead: number;
}

/** A lead that grows by less is taken for the jitter of two readings. Milliseconds. */
const JITTER = 1;
/** How many steps are remembered. Each is a suspend of the machine, or a step of its wall clock. */
const STEPS = 16;
/** Before any time: what was sent then is not believed in. */
const LONG_AGO = -(2 ** 52);

/**
 * Translates between a thread's `clock.elapsed` and the time that all threads have in common.
 *
 * `elapsed` runs as that does, and jumps ahead whenever a suspend or a step of the wall clock is noticed; it never falls
 * behind. So the lead that it had at some moment is one that it still has later. What is told of a request is put too
 * early rather than too late: no deadline gets later than it is.
 */
export class TimeLine {
  private readonly steps: Step[] = [];

  constructor(private readonly clock: Clock) {
    this.look();
  }

  /** Notes how far `elapsed` is ahead. The more often, the less is put too early. */
  look(): void {
    // In this order: time that passes between the two readings makes the lead less.
    const elapsed = this.clock.elapsed();
    const since = commonTime();
    const lead = elapsed - since;
    const last = this.steps.at(-1);
    if (last !== undefined && lead <= last.lead + JITTER) return;
    this.steps.push({ since, lead });
    if (this.steps.length > STEPS) this.steps.shift();
  }

  /** @param time When a request was sent, in common time. @returns The same moment or an earlier one, on `clock.elapsed`. */
  toElapsed(time: number): number {
    for (let i = this.steps.length - 1; i >= 0; i--) {
      const { since, lead } = this.steps[i] as Step;
      if (since <= time) return time + lead;
    }
    return LONG_AGO;
  }

  /** @param sentAt When a request was sent, on `clock.elapsed`. @returns The same moment or an earlier one, in common time. */
  toCommon(sentAt: number): number {
    const now = commonTime();
    return now - (this.clock.elapsed() - sentAt);
  }
}
