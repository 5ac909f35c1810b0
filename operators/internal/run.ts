import { from, Observable, type Observer, type SchedulerLike, type Subscriber } from 'rxjs';
import { Hold, type Failure } from '../../src/values/hold.js';
import { reportErrors } from '../../src/values/report-errors.js';
import type { Lease } from '../../src/contract/lease.js';
import { OwnSignal, withSignal } from './own-signal.js';
import type { Plan } from './plan.js';
import { settle } from './settle.js';

/** Who started a run, and decides what its end means. */
export interface RunOwner {
  /** The work is over by itself. */
  worked(failure?: Failure): void;
  /** The lease is gone, and no event has said so. */
  gone(): void;
  /** Nothing of the work is left. `loss`: the lock went while it was being stopped. */
  stopped(loss?: Failure): void;
}

/** One lease and the work under it: gate, stop, drain, and only then the lock may go. */
export class Run<T, L extends Lease<unknown>> implements Observer<T> {
  private readonly hold: Hold<L>;
  private readonly own: OwnSignal;
  /** The lease, as the work sees it. */
  private readonly seen: L;
  private worker: Subscriber<T> | undefined;
  /** Until promised work has settled. */
  private busy: Promise<void> | undefined;
  private starting = true;
  private finishing = false;

  constructor(
    readonly lease: L,
    private readonly plan: Plan<T, L>,
    private readonly sink: Subscriber<T>,
    private readonly owner: RunOwner,
  ) {
    this.hold = new Hold(lease, plan.drainTimeout);
    this.own = new OwnSignal(lease);
    this.seen = withSignal(lease, this.own);
  }

  get scheduler(): SchedulerLike {
    return this.hold.scheduler;
  }

  start(): void {
    new Observable<T>((worker) => {
      // Known before the work begins, so that it can be stopped in the middle of a synchronous subscribe.
      this.worker = worker;
      try {
        this.begin(worker);
      } catch (error) {
        if (worker.closed) this.late(error);
        else worker.error(error);
      }
    }).subscribe(this);
    this.starting = false;
    if (this.finishing) this.end();
  }

  /** The gate: reading `isHeld` makes a loss happen that no timer has seen. */
  next(value: T): void {
    if (this.lease.isHeld) this.sink.next(value);
    else this.shut();
  }

  error(error: unknown): void {
    this.busy = undefined;
    this.owner.worked({ error });
  }

  /** Also what the work did after its last value was done under the lock, or it is not called complete. */
  complete(): void {
    this.busy = undefined;
    if (this.lease.isHeld) this.owner.worked();
    else this.shut();
  }

  /** Stops the work, now. */
  halt(): void {
    reportErrors(() => {
      this.worker?.unsubscribe();
    });
    this.own.abort();
  }

  /** Lets the lock go once the work, which was halted, is over and drained; then tells the owner. */
  finish(): void {
    if (this.finishing) return;
    this.finishing = true;
    // A teardown that is returned from a subscribe runs when that has returned.
    if (!this.starting) this.end();
  }

  private begin(worker: Subscriber<T>): void {
    const work = this.plan.work(this.seen);
    this.busy = settle(work, worker, this.late);
    if (this.busy === undefined && !worker.closed) from(work).subscribe(worker);
  }

  private shut(): void {
    // By now the loss may have come as an event as well, and stopped everything.
    if (!this.finishing) this.owner.gone();
  }

  private end(): void {
    const { drain } = this.plan;
    const rest = { stopped: this.busy, drain: drain && (() => drain(this.seen)) };
    this.hold.end(rest, ({ loss }) => {
      this.owner.stopped(loss);
    });
  }

  /** It failed when nobody listened any more. */
  private readonly late = (error: unknown): void => {
    this.hold.failLate(error);
  };
}
