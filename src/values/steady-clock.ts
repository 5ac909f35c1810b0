import { onePerProcess } from './one-per-process.js';
import { Rising } from './rising.js';
import { SystemClock, systemClock } from './system-clock.js';
import { told } from './told.js';
import type { Clock } from '../contract/time.js';

/** What is known of a clock; what it does not have is the system's. */
export type SomeClock = Pick<Clock, 'monotonic'> & Partial<Clock>;

/** A `Date` knows none much after it. Milliseconds. */
const LAST_DAY = 8.6e15;

/** One of a clock's times: never falls, and goes on with the system's while the clock cannot tell it. */
class SteadyTime {
  private readonly rising = new Rising();
  /** The system's time at the last failure; NaN while the source works. */
  private failedAt = NaN;

  constructor(private readonly source: () => number) {}

  read(): number {
    const time = told(this.source);
    const now = this.rising.read(time);
    if (Number.isFinite(time)) {
      this.failedAt = NaN;
      return now;
    }
    const { failedAt } = this;
    this.failedAt = systemClock().elapsed();
    return Number.isNaN(failedAt) ? now : this.rising.add(this.failedAt - failedAt);
  }
}

const SLOT = Symbol.for('rxlock.steady-clocks');

/** One map for the process: two builds of the package that are given one clock must find that it is one. */
function known(): WeakMap<SomeClock, Clock> {
  return onePerProcess(SLOT, () => new WeakMap<SomeClock, Clock>());
}

/**
 * Makes a clock of one of which nothing is known: `elapsed` and `monotonic` never fall, whatever that one does; while it
 * throws or tells no finite number, they go on with the system's time. One clock has one, so that two can be compared.
 */
export function steadyClock(clock: SomeClock): Clock {
  if (clock instanceof SystemClock || clock === systemClock()) return clock as Clock;
  const clocks = known();
  let steady = clocks.get(clock);
  if (steady === undefined) {
    steady = steadied(clock);
    clocks.set(clock, steady).set(steady, steady);
  }
  return steady;
}

/** Do they tell the same time? One of them may have been made of the other. */
export function isSameClock(one: Clock, other: Clock): boolean {
  return steadyClock(one) === steadyClock(other);
}

function steadied(clock: SomeClock): Clock {
  const elapsed = new SteadyTime(() => clock.elapsed?.() ?? NaN);
  const monotonic = new SteadyTime(() => clock.monotonic());
  return {
    elapsed: () => elapsed.read(),
    monotonic: () => monotonic.read(),
    date() {
      const date = told(() => clock.date?.() ?? NaN);
      return Math.abs(date) <= LAST_DAY ? date : systemClock().date();
    },
    sync() {
      // What it cannot read now it may read the next time; whoever asked has more to do.
      told(() => clock.sync?.() ?? NaN);
    },
  };
}
