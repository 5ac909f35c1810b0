import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { MAX_DURATION } from '../../../values/duration.js';
import type { Clock } from '../../../contract/time.js';
import type { Times } from './times.js';

/** Timers may be this much early. Milliseconds. */
const EARLY = 2;
/** A connection that must stay open says something after this part of the server's read timeout, at the latest. */
const BEAT = 1 / 3;

/** What is watched. */
export interface Watched {
  /** When the oldest question that must be answered in time was sent; `undefined` if there is none. On `clock.elapsed`. */
  readonly askedAt: number | undefined;
  /** It is time to look whether something is overdue, or ought to be said. */
  look(now: number): void;
}

/**
 * Tells when a connection was silent for too long, on either side.
 *
 * Its timer is Node's own, as a scheduler's would keep the process alive; how much of a time has passed is for the clock
 * to say. There is one for all questions: each time it is armed for what is due first of what is known then, and nothing
 * that is asked later can be due before that.
 */
export class Vigil {
  private openedAt = -Infinity;
  private saidAt: number;
  /** Until then the server had good reason not to answer. */
  private busyUntil = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;
  private readonly beat: number;
  /** The longest time between two looks. */
  private readonly stride: number;

  constructor(
    private readonly clock: Clock,
    private readonly times: Times,
    private readonly watched: Watched,
  ) {
    this.beat = times.read * BEAT;
    this.stride = Math.min(times.answer, this.beat);
    this.saidAt = clock.elapsed();
    if (times.connect > 0) this.arm(times.connect);
  }

  /** The connection can be used. */
  opened(): void {
    this.openedAt = this.clock.elapsed();
    this.arm(this.stride);
  }

  /** Something was said. */
  said(now: number): void {
    this.saidAt = now;
  }

  /** An answer came for which the server was allowed any time. */
  freed(): void {
    this.busyUntil = this.clock.elapsed();
  }

  /** Ought what was asked then to be answered by now? */
  isOverdue(askedAt: number, now: number): boolean {
    return this.dueOf(askedAt) - EARLY <= now;
  }

  /** Has nothing been said for so long that something ought to be? */
  isSilent(now: number): boolean {
    return now - this.saidAt >= this.beat - EARLY;
  }

  /** There is nothing to watch any more. */
  stop(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  private dueOf(askedAt: number): number {
    return Math.max(askedAt, this.openedAt, this.busyUntil) + this.times.answer;
  }

  /** How long until something is due of what is known by now. */
  private next(): number {
    const now = this.clock.elapsed();
    const { askedAt = Infinity } = this.watched;
    // What was due before was seen to; what is to become of it is not urgent.
    const delays = [this.dueOf(askedAt) - now, this.saidAt + this.beat - now].filter((delay) => delay > 0);
    return Math.min(this.stride, ...delays);
  }

  private arm(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.wake, Math.min(Math.max(delay, EARLY), MAX_DURATION));
    this.timer.unref();
  }

  private readonly wake = (): void => {
    // What an event loop that was blocked has not read yet is read first.
    setImmediate(this.look);
  };

  private readonly look = (): void => {
    if (this.isOver) return;
    try {
      this.watched.look(this.clock.elapsed());
    } finally {
      if (!this.isOver) this.arm(this.next());
    }
  };
}
