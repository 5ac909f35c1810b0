import { nodeModule } from './node-module.js';
import { onePerProcess } from './one-per-process.js';
import { Rising } from './rising.js';
import { told } from './told.js';
import type { Clock } from '../contract/time.js';

/** How far a source may run ahead before it is believed: above the granularity and jitter of all of them. */
const LEAD = 100;
const SECOND = 1000;
/** More than any lease lives. What a mad source tells beyond that would only cost the milliseconds of all later times. */
const MOST = 2 ** 32;

/** Milliseconds by `os.uptime`: it counts suspend, which `performance.now` does not. Undefined outside Linux and Node. */
function findUptime(): (() => number) | undefined {
  const os = nodeModule('node:os') as { readonly uptime?: () => number } | undefined;
  const uptime = os?.uptime;
  return uptime && process.platform === 'linux' ? () => told(uptime) * 1000 : undefined;
}

/** Milliseconds since the epoch; NaN if nobody can tell. */
function wallTime(): number {
  try {
    return Date.now();
  } catch {
    return NaN;
  }
}

/** What counts while the machine runs; where there is no such thing, the wall clock. */
function runningTime(): number {
  try {
    return performance.now();
  } catch {
    return wallTime();
  }
}

/** Follows one source of time and tells how far it ran ahead of what we believe. */
class Follower {
  /** What the source lacks; NaN before the first look. */
  private offset = NaN;
  /** It has told whole seconds only, as `os.uptime` does on Bun and Deno: it may be ahead by one when it steps. */
  private isCoarse = true;

  /** @returns Milliseconds that `source` is ahead of `believed`, or 0. One that falls behind is anchored anew. */
  lead(source: number, believed: number): number {
    if (this.isCoarse && source % SECOND !== 0) this.isCoarse = false;
    const lead = source + this.offset - believed;
    if (lead >= 0 && lead <= MOST) return lead > (this.isCoarse ? SECOND + LEAD : LEAD) ? lead : 0;
    const most = lead > MOST ? MOST : 0;
    this.offset = believed + most - source;
    return most;
  }
}

/**
 * The clock of a real system: elapsed time is the largest advance among `performance.now`, `Date` and, on Linux under
 * Node, `os.uptime`. So a suspended machine and a stepped wall clock can only end a lease early, never late; and it
 * never falls, whatever its sources do.
 *
 * It asks nobody else for the time: not RxJS, whose time a TestScheduler's run replaces. A test runner's fake timers
 * replace its sources, and are followed.
 */
export class SystemClock implements Clock {
  private readonly time = new Rising();
  private readonly tableTime = new Rising();
  private readonly dates = new Follower();
  private readonly uptimes = new Follower();
  private readonly uptime = findUptime();

  elapsed(): number {
    const now = this.time.read(runningTime());
    const lead = this.dates.lead(wallTime(), now);
    return lead === 0 ? now : this.time.add(lead);
  }

  sync(): void {
    if (this.uptime === undefined) return;
    const now = this.elapsed();
    this.time.add(this.uptimes.lead(this.uptime(), now));
  }

  date(): number {
    return wallTime();
  }

  monotonic(): number {
    return this.tableTime.read(runningTime());
  }
}

const SLOT = Symbol.for('rxlock.system-clock');
let clock: Clock | undefined;

/**
 * Gives the one clock of a process, so that all `Locks` agree, those of the other build of the package too: what one of
 * them has seen pass has passed for all.
 */
export function systemClock(): Clock {
  return (clock ??= onePerProcess<Clock>(SLOT, () => new SystemClock()));
}
