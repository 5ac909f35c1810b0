import { timer, type Subscription } from 'rxjs';
import { isRefusal, readRenewal } from '../../backends/dflockd/wire/answer.js';
import { renewLine } from '../../backends/dflockd/wire/commands.js';
import { Question } from '../../backends/dflockd/wire/question.js';
import { systemClock } from '../../values/system-clock.js';
import { systemScheduler } from '../../values/system-scheduler.js';
import type { Channel } from './channel/channel.js';
import { SAFETY } from './safety.js';
import type { Confirmed, Wanted } from './channel/wanted.js';

/** Renewal begins by this part of a lease at the latest, so that there is time to try again. */
const MAX_RATIO = 0.4;
/** So many renewals may fail or hang. */
const TRIES = 3;

export interface DflockdKeeperOptions {
  readonly channel: Channel;
  readonly wanted: Wanted;
  readonly granted: Confirmed;
  /** Renewal begins at this part of the lease. */
  readonly ratio: number;
  /** Called once, if it is lost. */
  readonly lost: () => void;
}

/** Holds a lock: renews it, and says when it is lost. */
export class DflockdKeeper {
  private confirmedAt: number;
  /** What the server confirmed. Milliseconds. */
  private lease: number;
  private dueAt = 0;
  private isOver = false;
  private timer: Subscription | undefined;
  private readonly ratio: number;
  private readonly forget: () => void;

  constructor(private readonly options: DflockdKeeperOptions) {
    const { channel, granted, ratio } = options;
    this.ratio = Math.min(ratio, MAX_RATIO);
    this.confirmedAt = granted.sentAt;
    this.lease = granted.lease * 1000;
    this.dueAt = this.confirmedAt + this.ratio * this.lease;
    this.forget = channel.onEnd(() => {
      this.lose();
    });
    const held = channel.find(granted.token);
    if (held !== undefined)
      held.refused = () => {
        this.lose();
      };
    // Neither is there any more if it is over already.
    if (channel.error === undefined && held !== undefined) this.step();
    else this.lose();
  }

  /** Is it still held? Asks the clock, so that a timer that comes late harms nobody. */
  check(): boolean {
    if (!this.isOver && systemClock.elapsed() >= this.deadline) this.lose();
    return !this.isOver;
  }

  /** Renews no more. */
  stop(): void {
    this.isOver = true;
    this.timer?.unsubscribe();
    this.forget();
  }

  /** @internal The server's answer to a renewal. @returns False if it is none. */
  read(line: string, sentAt: number): boolean {
    const remaining = readRenewal(line);
    if (remaining === undefined) {
      if (line === 'error' || line === 'error_lease_expired') this.lose();
      // Any other refusal leaves it open, and so does a yes that does not say for how long.
      return line === 'ok' || isRefusal(line);
    }
    if (!this.check() || sentAt < this.confirmedAt) return true;
    const { channel, granted } = this.options;
    const seconds = Math.min(granted.lease, remaining);
    this.confirmedAt = sentAt;
    this.lease = seconds * 1000;
    this.dueAt = sentAt + this.ratio * this.lease;
    channel.find(granted.token)?.renew(systemClock.elapsed(), seconds, granted.lease);
    this.arm();
    return true;
  }

  /** The lease and the server's read timeout each bound it; any answer on the connection confirms the second. */
  private get deadline(): number {
    const { sentAt, ttl } = this.options.channel.connection.bound;
    return Math.min(this.confirmedAt + SAFETY * this.lease, Math.max(sentAt, this.confirmedAt) + SAFETY * ttl);
  }

  private step(): void {
    systemClock.sync?.();
    if (!this.check()) return;
    const now = systemClock.elapsed();
    if (now >= this.dueAt) {
      this.dueAt = now + ((SAFETY - this.ratio) * this.lease) / TRIES;
      const { channel, wanted, granted } = this.options;
      const text = renewLine(wanted.kind, wanted.key, granted.token, granted.lease);
      channel.connection.send(new KeeperRenewal(this), text);
    }
    this.arm();
  }

  private arm(): void {
    this.timer?.unsubscribe();
    if (this.isOver) return;
    const delay = Math.min(this.dueAt, this.deadline) - systemClock.elapsed();
    this.timer = timer(Math.max(1, Math.ceil(delay)), systemScheduler).subscribe(() => {
      this.step();
    });
  }

  private lose(): void {
    if (this.isOver) return;
    this.stop();
    this.options.lost();
  }
}

/** Its answer counts whenever it comes. */
class KeeperRenewal extends Question {
  constructor(private readonly keeper: DflockdKeeper) {
    super();
  }

  answered(line: string): boolean {
    return this.keeper.read(line, this.sentAt);
  }

  failed(): void {
    // The keeper is told that the connection is gone.
  }
}
