import {
  asyncScheduler,
  concat,
  defer,
  EMPTY,
  filter,
  from,
  ignoreElements,
  Observable,
  takeUntil,
  tap,
  throwError,
  timeout,
  type Observer,
  type SchedulerLike,
  type Subscriber,
} from 'rxjs';
import { LockLostError, LockTimeoutError } from '../../src/contract/errors.js';
import { retain, type Retention } from '../../src/contract/retention.js';
import { reportErrors } from '../../src/values/report-errors.js';
import type { Lease } from '../../src/contract/lease.js';
import { lossOf } from './loss.js';
import type { Plan } from './plan.js';
import { settle } from './settle.js';

/** Who started a run, and decides what its end means. */
export interface RunOwner {
  /** The work is over by itself. `error` is boxed: anything can be thrown. */
  worked(failure?: { readonly error: unknown }): void;
  /** The clock says that the lease is gone, and no event has said so. */
  expired(lease: Lease<unknown>): void;
  /** Nothing of the work is left. `loss`: the lock went while it was being stopped. */
  stopped(loss?: { readonly error: unknown }): void;
}

/** One lease and the work under it: gate, stop, drain, and only then the lock may go. */
export class Run<T, L extends Lease<unknown>> implements Observer<T> {
  private readonly retention: Retention;
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
    this.retention = retain(lease);
  }

  /** The core's, where the lease knows it: virtual time must be everybody's. */
  get scheduler(): SchedulerLike {
    return this.retention.scheduler ?? asyncScheduler;
  }

  start(): void {
    new Observable<T>((worker) => {
      // Known before the work begins, so that it can be stopped in the middle of a synchronous subscribe.
      this.worker = worker;
      const work = this.plan.work(this.lease);
      this.busy = settle(work, worker, this.late);
      if (this.busy === undefined && !worker.closed) from(work).subscribe(worker);
    }).subscribe(this);
    this.starting = false;
    if (this.finishing) this.wait();
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
  }

  /** Lets the lock go once the work, which was halted, is over and drained; then tells the owner. */
  finish(): void {
    if (this.finishing) return;
    this.finishing = true;
    // A teardown that is returned from a subscribe runs when that has returned.
    if (!this.starting) this.wait();
  }

  private shut(): void {
    // By now the loss may have come as an event as well, and stopped everything.
    if (!this.finishing) this.owner.expired(this.lease);
  }

  private wait(): void {
    const { lease, plan, retention, busy } = this;
    if (busy === undefined && plan.drain === undefined) {
      this.over();
      return;
    }
    const held = lease.isHeld;
    const limit = plan.drainTimeout ?? lease.ttl;
    let loss: { readonly error: unknown } | undefined;
    const lost$ = lease.ended$.pipe(
      filter(({ type }) => type === 'lost'),
      tap(() => (loss = { error: lossOf(lease) })),
    );
    const work$ = busy === undefined ? EMPTY : from(busy);
    const drain$ = defer(() => (lease.isHeld ? (plan.drain?.(lease) ?? EMPTY) : EMPTY)).pipe(takeUntil(lost$));
    // A loss cancels the drain, but work that was told of it is still awaited: the next run must not meet it.
    const rest$ = held ? concat(work$, drain$) : work$;
    const abandon = (): Observable<never> => {
      retention.abandon();
      const { name } = lease;
      const error = new LockTimeoutError(
        `the work under the lock '${name}' did not stop within ${String(limit)} ms; the lock is left to run out`,
        { name },
      );
      return throwError(() => error);
    };
    rest$.pipe(ignoreElements(), timeout({ first: limit, with: abandon, scheduler: this.scheduler })).subscribe({
      error: (error: unknown) => {
        retention.fail(error);
        this.over();
      },
      complete: () => {
        this.over(loss);
      },
    });
  }

  private over(loss?: { readonly error: unknown }): void {
    this.retention.release();
    this.owner.stopped(loss);
  }

  /** An unsubscribed promise rejected. That it was aborted is what it was asked for. */
  private readonly late = (error: unknown): void => {
    const aborted = error instanceof Error && error.name === 'AbortError';
    if (!aborted && !(error instanceof LockLostError)) this.retention.fail(error);
  };
}
