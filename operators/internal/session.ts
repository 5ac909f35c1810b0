import { asyncScheduler, Observable, Subscription, type Observer, type SchedulerLike, type Subscriber } from 'rxjs';
import { LockLostError } from '../../src/contract/errors.js';
import { reportErrors } from '../../src/values/report-errors.js';
import type { Lease, LockEventType } from '../../src/contract/lease.js';
import { lossOf } from './loss.js';
import type { Plan } from './plan.js';
import { Run, type RunOwner } from './run.js';

/** What a session follows. `idle` ends the work, but not the session. */
export interface Signal<L> {
  readonly type: LockEventType | 'idle';
  readonly lease?: L;
}

/** How the result ends. Without `error` it completes. */
interface Ending {
  readonly error?: unknown;
  readonly failed: boolean;
}

const COMPLETE: Ending = { failed: false };

/**
 * One subscription to a result: follows a lock's stream and runs the work while the lock is held.
 *
 * Whatever ends it, the order is the same: the work is stopped, the lock's subscription ends, the work is awaited and
 * drained under the retention, the lock goes, and the result ends.
 */
export class Session<T, L extends Lease<unknown>> implements Observer<Signal<L>>, RunOwner {
  private lock: Subscription = Subscription.EMPTY;
  private run: Run<T, L> | undefined;
  private lease: L | undefined;
  /** Granted while the work of the previous lease was still stopping. */
  private granted: L | undefined;
  /** A loss was heard just now, and the work is to be started anew: if the stream ends with it, it is followed again. */
  private awaiting = false;
  private scheduler: SchedulerLike = asyncScheduler;
  private ending: Ending | undefined;

  constructor(
    private readonly signals$: Observable<Signal<L>>,
    private readonly plan: Plan<T, L>,
    private readonly sink: Subscriber<T>,
  ) {}

  /** The result as a stream. */
  static run$<T, L extends Lease<unknown>>(signals$: Observable<Signal<L>>, plan: Plan<T, L>): Observable<T> {
    return new Observable((sink) => {
      const session = new Session(signals$, plan, sink);
      // Before the first value: a synchronous `take(1)` must find it.
      sink.add(() => {
        session.conclude(COMPLETE);
      });
      session.follow();
    });
  }

  // -------------------------------------------------------------------------------------- the lock's stream

  next(signal: Signal<L>): void {
    if (signal.type === 'acquired') this.acquired(signal.lease as L);
    else if (signal.type === 'lost') this.lost(signal.lease as L);
    else if (signal.type === 'released') this.conclude(COMPLETE);
    else if (signal.type === 'idle') this.stop();
    else if (signal.type === 'waiting') this.awaiting = false;
  }

  error(error: unknown): void {
    const { run } = this;
    // A lock may tell its loss as an error only.
    if (run !== undefined && !this.awaiting && error instanceof LockLostError) this.lose(error);
    if (this.awaiting && error instanceof LockLostError) this.again();
    else this.conclude({ failed: true, error });
  }

  complete(): void {
    // A stream that was filtered may have left out the loss.
    if (this.run !== undefined && !this.awaiting && !this.run.lease.isHeld) this.expired(this.run.lease);
    if (this.awaiting) this.again();
    else this.conclude(COMPLETE);
  }

  // ---------------------------------------------------------------------------------------------- the work

  worked(failure?: { readonly error: unknown }): void {
    if (failure !== undefined) this.conclude({ failed: true, error: failure.error });
    else if (this.plan.endless) this.run?.finish();
    else this.conclude(COMPLETE);
  }

  expired(lease: Lease<unknown>): void {
    this.lose(lossOf(lease));
  }

  stopped(loss?: { readonly error: unknown }): void {
    this.run = undefined;
    if (this.ending !== undefined) {
      // The clean-up of work that had completed was cut short: that is no completion.
      const cut = loss !== undefined && !this.ending.failed && this.plan.onLost === 'error';
      this.tell(cut ? { failed: true, error: loss.error } : this.ending);
    } else if (this.granted !== undefined) this.begin(this.granted);
  }

  // ------------------------------------------------------------------------------------------------ inside

  private follow(): void {
    this.awaiting = false;
    new Observable<Signal<L>>((lock) => {
      // Known before the first event, so that it can be left in the middle of a synchronous subscribe.
      this.lock = lock;
      this.signals$.subscribe(lock);
    }).subscribe(this);
  }

  private acquired(lease: L): void {
    if (lease === this.lease) return;
    this.lease = lease;
    this.awaiting = false;
    this.stop();
    if (this.run === undefined) this.begin(lease);
    else this.granted = lease;
  }

  private begin(lease: L): void {
    this.granted = undefined;
    // It may have run out on its way here.
    if (!lease.isHeld) {
      this.lose(lossOf(lease));
      return;
    }
    const run = (this.run = new Run(lease, this.plan, this.sink, this));
    this.scheduler = run.scheduler;
    run.start();
  }

  /** Ends the work of a lease, and goes on. */
  private stop(): void {
    this.granted = undefined;
    this.run?.halt();
    this.run?.finish();
  }

  private lost(lease: L): void {
    this.lose(this.plan.onLost === 'error' ? lossOf(lease) : undefined);
  }

  private lose(error: unknown): void {
    if (this.ending !== undefined) return;
    if (this.plan.onLost === 'reacquire') {
      this.stop();
      this.await();
    } else this.conclude(this.plan.onLost === 'error' ? { failed: true, error } : COMPLETE);
  }

  /** An end of the stream belongs to the loss only if it comes with it; a later one, of a `takeUntil`, is the user's. */
  private await(): void {
    if (this.plan.endless) return;
    this.awaiting = true;
    const over = this.scheduler.schedule(() => {
      this.awaiting = false;
    });
    this.lock.add(over);
  }

  /**
   * Contends again. Never within the same call stack: a lock that is granted and lost at once would overflow it, and as
   * a microtask it would starve everything else.
   */
  private again(): void {
    this.lock = this.scheduler.schedule(() => {
      this.follow();
    });
  }

  private conclude(ending: Ending): void {
    if (this.ending !== undefined) return;
    this.ending = ending;
    this.granted = undefined;
    const { run } = this;
    run?.halt();
    reportErrors(() => {
      this.lock.unsubscribe();
    });
    // Where the lock is gone, nothing is protected by waiting for work that is slow to stop.
    const held = run?.lease.isHeld ?? false;
    run?.finish();
    if (!held) this.tell(ending);
  }

  private tell({ failed, error }: Ending): void {
    if (this.sink.closed) return;
    if (failed) this.sink.error(error);
    else this.sink.complete();
  }
}
