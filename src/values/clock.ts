import { animationFrameScheduler, asapScheduler, asyncScheduler, queueScheduler, type SchedulerLike } from 'rxjs';
import type { Clock } from '../contract/time.js';

/** How far a source may run ahead before it is believed: above the granularity and jitter of all of them. */
const LEAD = 100;
/** Below this an `asyncScheduler.now()` is no date but a virtual time: TestScheduler's run mode replaces it. */
const VIRTUAL = 1e11;

/** `os.uptime` counts suspend, which `performance.now` does not. Undefined outside Linux and Node. */
function findUptime(): (() => number) | undefined {
  if (typeof process === 'undefined' || process.platform !== 'linux') return undefined;
  return process.getBuiltinModule?.('node:os')?.uptime;
}

/** Is time virtual, by RxJS's TestScheduler in run mode? */
export function isVirtual(): boolean {
  return asyncScheduler.now() < VIRTUAL;
}

/** Follows one source of time and tells how far it ran ahead of what we believe. */
class Follower {
  /** What the source lacks; NaN before the first look. */
  private offset = NaN;

  /** @returns Milliseconds that `source` is ahead of `believed`, or 0. One that falls behind is anchored anew. */
  lead(source: number, believed: number): number {
    const lead = source + this.offset - believed;
    if (lead >= 0) return lead > LEAD ? lead : 0;
    this.offset = believed - source;
    return 0;
  }
}

/**
 * The clock of a real system: elapsed time is the largest advance among `performance.now`, `Date` and, on Linux under
 * Node, `os.uptime`. So a suspended machine and a stepped wall clock can only end a lease early, never late.
 *
 * Under RxJS's TestScheduler in run mode it is the virtual time; under a test runner's fake timers it follows them.
 */
export class SystemClock implements Clock {
  private readonly dates = new Follower();
  private readonly uptimes = new Follower();
  private readonly uptime = findUptime();
  /** What is added to `performance.now()`. */
  private added = 0;
  private last = -Infinity;
  /** What the last look at the wall clock said: looking costs more than all else here. */
  private virtual = false;

  elapsed(): number {
    const date = this.date();
    if (this.virtual) return date;
    let now = performance.now() + this.added;
    if (now < this.last) {
      // Only a replaced `performance` (fake timers) runs backwards; what was believed to have passed has passed.
      this.added += this.last - now;
      now = this.last;
    }
    const lead = this.dates.lead(date, now);
    this.added += lead;
    return (this.last = now + lead);
  }

  sync(): void {
    if (this.uptime === undefined) return;
    const now = this.elapsed();
    if (this.virtual) return;
    this.added += this.uptimes.lead(this.uptime() * 1000, now);
  }

  date(): number {
    const date = asyncScheduler.now();
    this.virtual = date < VIRTUAL;
    return date;
  }

  /** Real time is told by one look: virtual time begins with somebody's look at the holder's clock, a subscription. */
  monotonic(): number {
    if (this.virtual) {
      const date = this.date();
      if (this.virtual) return date;
    }
    return performance.now();
  }
}

/** The one clock of a process: its anchors are as old as the process, so that all `Locks` agree. */
export const systemClock: Clock = new SystemClock();

const REAL: readonly unknown[] = [asyncScheduler, asapScheduler, queueScheduler, animationFrameScheduler];

/** Is it one of RxJS's own? They tell the wall clock, which may be stepped, so the system's clock is the better one. */
export function isRealTime(scheduler: SchedulerLike): boolean {
  return REAL.includes(scheduler);
}

const clocks = new WeakMap<object, Clock>();

/**
 * A clock that is a scheduler's own time, for virtual time. One scheduler has one clock.
 *
 * @param scheduler Its `now()` is in milliseconds.
 */
export function schedulerClock(scheduler: Pick<SchedulerLike, 'now'>): Clock {
  let clock = clocks.get(scheduler);
  if (clock === undefined) {
    const now = (): number => scheduler.now();
    clocks.set(scheduler, (clock = { elapsed: now, date: now, monotonic: now }));
  }
  return clock;
}
