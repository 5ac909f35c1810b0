import { clearInterval, setInterval } from 'node:timers';
import { beatOf } from '../shared/beat-of.js';
import type { SharedTable } from '../shared/shared-table.js';

/** Shows the worker that the main thread turns, while there is something that it might have to renew instead. */
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;
  private period = Infinity;

  constructor(
    private readonly table: SharedTable,
    private readonly isNeeded: () => boolean,
  ) {}

  /** A lock of this ttl was asked for. Milliseconds. */
  start(ttl: number): void {
    const period = beatOf(ttl);
    if (this.timer !== undefined && period >= this.period) return;
    clearInterval(this.timer);
    this.period = period;
    this.table.beat();
    this.timer = setInterval(this.beat, period);
    // What is held keeps the process alive; this is no reason of its own.
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.period = Infinity;
  }

  private readonly beat = (): void => {
    if (this.isNeeded()) this.table.beat();
    else this.stop();
  };
}
