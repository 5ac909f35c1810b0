import { LOG_LEVELS, type LogFields, type LogLevel, type ServerLog } from '../server-log.js';
import { reportErrors } from '../../values/report-errors.js';
import type { ServerLogEntry } from './options.js';

/** So many events of one kind are told in a second; strangers can bring about as many as they like. */
const EACH_SECOND = 10;
const SECOND = 1000;

/** How often an event was told lately. */
interface Recent {
  since: number;
  told: number;
  untold: number;
}

/** Tells a function what happens, and no more of one kind than somebody may want to read. */
export class EventLog implements ServerLog {
  private readonly recent = new Map<string, Recent>();
  private readonly least: number;

  /**
   * @param write Undefined: nobody is told.
   * @param now A monotonic clock, in milliseconds.
   * @param date The time of an entry.
   */
  constructor(
    private readonly write: ((entry: ServerLogEntry) => void) | undefined,
    level: LogLevel,
    private readonly now: () => number,
    private readonly date: () => Date = () => new Date(),
  ) {
    this.least = write === undefined ? Infinity : LOG_LEVELS.indexOf(level);
  }

  isOn(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= this.least;
  }

  say(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (!this.isOn(level)) return;
    // Whoever asks for everything gets everything.
    const untold = level === 'debug' ? 0 : this.pass(event);
    if (untold === undefined) return;
    const more = untold === 0 ? {} : { untold };
    // Whoever is told must not end what he is told of.
    reportErrors(() => this.write?.({ time: this.date().toISOString(), level, event, ...fields, ...more }));
  }

  /** @returns How many of its kind were not told before it; undefined if it is not told itself. */
  private pass(event: string): number | undefined {
    const now = this.now();
    const known = this.recent.get(event);
    if (known === undefined || now - known.since >= SECOND) {
      this.recent.set(event, { since: now, told: 1, untold: 0 });
      return known?.untold ?? 0;
    }
    if (known.told === EACH_SECOND) {
      known.untold++;
      return undefined;
    }
    known.told++;
    return 0;
  }
}
