import { asyncScheduler, Observable, Subscription, type Observer, type SchedulerLike, type Subscriber } from 'rxjs';
import { afterLoss, type AfterLoss } from '../../src/contract/after-loss.js';
import { LockConfigError, LockLostError } from '../../src/contract/errors.js';
import { retain } from '../../src/contract/retention.js';
import type { Failure } from '../../src/values/hold.js';
import { endStream } from '../../src/values/end-stream.js';
import { lossOf } from '../../src/values/loss-of.js';
import { reportErrors } from '../../src/values/report-errors.js';
import { wasGivenBack } from '../../src/values/was-given-back.js';
import type { Lease, LockEventType } from '../../src/contract/lease.js';
import type { Plan } from './plan.js';
import { Run, type RunOwner } from './run.js';

/** What a session follows. `idle` ends the work, but not the session. */
export interface Signal<L> {
  readonly type: LockEventType | 'idle';
  readonly lease?: L;
}

/** How the result ends: with this failure, or it completes. */
interface Ending {
  readonly failure?: Failure;
}

const COMPLETE: Ending = {};
const NO_EVENT = 'withLock(), usingLock() and their like take what lock$() emits; for leader$() there is whileLeader()';

/**
 * One subscription to a result: follows a lock's stream and runs the work while the lock is held.
 *
 * Whatever ends it, the order is the same: the work is stopped, the lock's subscription ends, the work is awaited and
 * drained while the lock is kept, the lock goes, and the result ends.
 *
 * A session that starts its work anew after a loss has the lock contend again within the one subscription. So an end of the
 * lock's stream is always somebody's stop, and is obeyed. A stream that cannot be asked, of leases that are not this
 * package's or of one that has ended already, is subscribed again when it ends with the loss.
 */
export class Session<T, L extends Lease<unknown>> implements Observer<Signal<L>>, RunOwner {
  private lock: Subscription = Subscription.EMPTY;
  private run: Run<T, L> | undefined;
  private lease: L | undefined;
  /** Granted while the work of the previous lease was still stopping. */
  private granted: L | undefined;
  /** Where it asked the lock to contend again. */
  private asked: AfterLoss | undefined;
  /** Its number among those who did. */
  private seeker = 0;
  /** A loss was heard just now of a stream that cannot be asked: if it ends now, it is followed again. */
  private endsWithLoss = false;
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
    // Stopping the work may be what makes the lock contend again: nobody works under what it gets.
    if (this.ending !== undefined) return;
    this.endsWithLoss = false;
    if (signal.type === 'acquired') this.acquired(signal.lease as L);
    else if (signal.type === 'lost') this.lost(signal.lease as L);
    else if (signal.type === 'released' || signal.type === 'detached') this.conclude(COMPLETE);
    else if (signal.type === 'idle') this.stop();
    // The work would never begin, and nobody would know why.
    else if (typeof signal.type !== 'string') this.conclude({ failure: { error: new LockConfigError(NO_EVENT) } });
  }

  error(error: unknown): void {
    // A lock may tell its loss as an error only.
    if (this.run !== undefined && !this.endsWithLoss && error instanceof LockLostError) this.lose(error);
    if (this.endsWithLoss && error instanceof LockLostError) this.again();
    else this.conclude({ failure: { error } });
  }

  complete(): void {
    // A stream that was filtered may have left out the loss.
    if (this.run !== undefined && !this.endsWithLoss && !this.run.lease.isHeld) this.endedUntold(this.run.lease);
    if (this.endsWithLoss) this.again();
    else this.conclude(COMPLETE);
  }

  // ---------------------------------------------------------------------------------------------- the work

  worked(failure?: Failure): void {
    if (failure !== undefined) this.conclude({ failure });
    else if (this.plan.endless) this.run?.finish();
    else this.conclude(COMPLETE);
  }

  gone(): void {
    if (this.run !== undefined) this.endedUntold(this.run.lease);
  }

  stopped(loss?: Failure): void {
    this.run = undefined;
    const { ending, granted } = this;
    if (ending !== undefined) {
      // The clean-up of work that had completed was cut short: that is no completion.
      const cut = loss !== undefined && ending.failure === undefined && this.plan.onLost === 'error';
      endStream(this.sink, cut ? loss : ending.failure);
    } else if (granted !== undefined) this.begin(granted);
  }

  // ------------------------------------------------------------------------------------------------ inside

  private follow(): void {
    this.endsWithLoss = false;
    new Observable<Signal<L>>((lock) => {
      // Known before the first event, so that it can be left in the middle of a synchronous subscribe.
      this.lock = lock;
      this.signals$.subscribe(lock);
    }).subscribe(this);
  }

  private acquired(lease: L): void {
    if (lease === this.lease) return;
    this.lease = lease;
    if (this.goesOn) this.ask(lease);
    this.stop();
    if (this.run === undefined) this.begin(lease);
    else this.granted = lease;
  }

  private begin(lease: L): void {
    this.granted = undefined;
    // It may have run out on its way here.
    if (!lease.isHeld) {
      this.timeOf(lease);
      this.endedUntold(lease);
      return;
    }
    const run = (this.run = new Run(lease, this.plan, this.sink, this));
    this.scheduler = run.scheduler;
    run.start();
  }

  /** Time is the core's, also where no work ever began: it may be virtual. */
  private timeOf(lease: L): void {
    const retention = retain(lease);
    this.scheduler = retention.scheduler ?? asyncScheduler;
    retention.release();
  }

  /** Ends the work of a lease, and goes on. */
  private stop(): void {
    this.granted = undefined;
    this.run?.halt();
    this.run?.finish();
  }

  private lost(lease: L): void {
    // Whoever came late may not have heard of it before.
    if (this.goesOn && lease !== this.lease) this.ask(lease);
    this.lease = lease;
    this.lose(this.plan.onLost === 'error' ? lossOf(lease) : undefined);
  }

  /** A lease is gone, and no event has said so: its end may still be told, after what is being told now. */
  private endedUntold(lease: L): void {
    const loss = lossOf(lease);
    if (this.plan.endless || !wasGivenBack(loss)) {
      this.lose(loss);
      return;
    }
    // What it means is the stream's to say: it may fail. One that was filtered says nothing.
    this.stop();
    const later = this.scheduler.schedule(() => {
      this.conclude(COMPLETE);
    });
    this.lock.add(later);
  }

  private lose(error: unknown): void {
    if (this.ending !== undefined) return;
    if (this.plan.onLost === 'reacquire') {
      this.stop();
      if (this.goesOn && this.asked === undefined) this.awaitEnd();
    } else this.conclude(this.plan.onLost === 'error' ? { failure: { error } } : COMPLETE);
  }

  /** Of a stream that cannot be asked: an end belongs to the loss only if it comes with it. */
  private awaitEnd(): void {
    this.endsWithLoss = true;
    const later = this.scheduler.schedule(() => {
      this.endsWithLoss = false;
    });
    this.lock.add(later);
  }

  /** Is it for this session to have the lock taken again? A leadership does so by itself. */
  private get goesOn(): boolean {
    return this.plan.onLost === 'reacquire' && !this.plan.endless;
  }

  private ask(lease: L): void {
    this.asked = afterLoss(lease);
    if (this.asked !== undefined) this.seeker = this.asked.seek();
  }

  /**
   * Subscribes again. Never within the same call stack: a lock that is granted and lost at once would overflow it, and as
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
    this.asked?.leave(this.seeker);
    const { run } = this;
    run?.halt();
    reportErrors(() => {
      this.lock.unsubscribe();
    });
    // Where the lock is gone, nothing is protected by waiting for work that is slow to stop.
    const held = run?.lease.isHeld ?? false;
    run?.finish();
    if (!held) endStream(this.sink, ending.failure);
  }
}
