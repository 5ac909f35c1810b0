import { clearImmediate, setImmediate } from 'node:timers';
import type { SchedulerLike } from 'rxjs';
import { resolveTime } from '../values/resolve-time.js';
import { systemScheduler } from '../values/system-scheduler.js';
import { schedulerTimer } from '../values/scheduler-timer.js';
import { ServerTable, type ServerTableOptions } from '../table/server-table.js';
import type { Clock } from '../contract/time.js';
import { Buffers } from './buffers.js';
import { Effort } from './effort.js';
import { EndingTimer } from './ending-timer.js';
import { Rota } from './rota.js';
import { Timeouts } from '../values/timeouts.js';
import { Turn } from './turn.js';
import type { Ledger } from './ledger.js';
import type { Records } from './records.js';
import { StoredRecords, type CommitMeters } from './records/stored-records.js';
import { UNSTORED } from './unstored.js';

/** What a server's time hangs on. */
export interface ServerTime {
  /** `monotonic()` is what counts: a stepped wall clock frees no lock early. */
  readonly clock?: Pick<Clock, 'monotonic'> | undefined;
  /** Alone it sets the clock too. */
  readonly scheduler?: SchedulerLike | undefined;
}

/** What becomes of a server's locks when it starts anew. */
export interface CoreKeeping extends Pick<ServerTableOptions, 'lockDelay' | 'opensAfter' | 'fencing'> {
  /** Where they are kept. Nowhere by default. */
  readonly ledger?: Ledger | undefined;
  readonly meters?: CommitMeters | undefined;
  /** Called when nothing can be stored any more, with the reason; and without one when it can be again. */
  readonly onTrouble?: ((failure?: Error) => void) | undefined;
}

/** What all protocols of a server share: one lock table, one time, and what is bounded for all of them together. */
export class ServerCore {
  readonly now: () => number;
  readonly timeouts: Timeouts;
  readonly turn: Turn;
  readonly rota: Rota;
  readonly effort = new Effort();
  readonly buffers: Buffers;
  readonly table: ServerTable;
  /** What a start finds again. */
  readonly records: Records;
  private readonly timer: EndingTimer;

  /**
   * @param table One that others use as well, on the same clock. One of its own by default.
   * @param maxBuffered How many bytes all clients together may make it keep.
   * @param keeping For a table of its own.
   */
  constructor(time: ServerTime = {}, table?: ServerTable, maxBuffered = Infinity, keeping: CoreKeeping = {}) {
    const { clock, scheduler } = resolveTime(time);
    const timer = new EndingTimer(schedulerTimer(scheduler));
    this.timer = timer;
    this.now = () => clock.monotonic();
    this.timeouts = new Timeouts(this.now, timer);
    this.buffers = new Buffers(maxBuffered);
    this.turn = new Turn(() => this.buffers.relieve());
    const inTurn = scheduler === systemScheduler ? soon : (run: () => void) => timer.schedule(0, run);
    this.rota = new Rota(this.now, inTurn);
    const { ledger, meters, onTrouble, ...options } = keeping;
    const { timeouts, turn } = this;
    const stored =
      ledger && new StoredRecords(ledger, { timeouts, turn, soon: inTurn, meters, onTrouble, table: () => this.table });
    this.records = stored ?? UNSTORED;
    this.table =
      table ??
      new ServerTable(this.now, timer, { ...options, onChange: stored?.onChange, lastToken: stored?.lastToken });
  }

  /** Does nothing any more by itself: who still waits or holds, when the server has ended, keeps no process alive for that. */
  end(): void {
    this.timer.end();
  }
}

/** A timer of 0 ms would be one of 1 ms, in which much could be done. */
function soon(run: () => void): () => void {
  const immediate = setImmediate(run);
  return () => {
    clearImmediate(immediate);
  };
}
