import type { SchedulerLike } from 'rxjs';
import { resolveTime } from '../values/resolve-time.js';
import { schedulerTimer } from '../values/scheduler-timer.js';
import { LockTable } from '../table/lock-table.js';
import type { Clock } from '../contract/time.js';
import { Timeouts } from './timeouts.js';
import { Turn } from './turn.js';

/** What a server's time hangs on. */
export interface ServerTime {
  /** `monotonic()` is what counts: a stepped wall clock frees no lock early. */
  readonly clock?: Pick<Clock, 'monotonic'> | undefined;
  /** Alone it sets the clock too. */
  readonly scheduler?: SchedulerLike | undefined;
}

/** What all protocols of a server share: one lock table, one time. */
export class ServerCore {
  readonly now: () => number;
  readonly timeouts: Timeouts;
  readonly turn = new Turn();
  readonly table: LockTable;

  /** @param table One that others use as well, on the same clock. One of its own by default. */
  constructor(time: ServerTime = {}, table?: LockTable) {
    const { clock, scheduler } = resolveTime(time);
    const timer = schedulerTimer(scheduler);
    this.now = () => clock.monotonic();
    this.timeouts = new Timeouts(this.now, timer);
    this.table = table ?? new LockTable(this.now, timer);
  }
}
