import { ReplaySubject, type Observable, type SchedulerLike, type Subscriber, type Unsubscribable } from 'rxjs';
import { AFTER_LOSS, AfterLoss, type WithAfterLoss } from '../contract/after-loss.js';
import { LockLostError } from '../contract/errors.js';
import type { OnLost } from '../contract/options.js';
import type {
  DetachedEvent,
  Lease,
  LeaseHandle,
  LockEvent,
  LocksEvent,
  LostEvent,
  ReleasedEvent,
} from '../contract/lease.js';
import type { Duration } from '../contract/time.js';
import { NEVER } from '../keeping/kept.js';
import { abortError } from '../values/abort-error.js';
import { endStream } from '../values/end-stream.js';
import { causeOf, errorOf } from '../values/error-of.js';
import { loggable } from '../values/loggable.js';
import { isTraced, Trace } from '../values/trace.js';
import { traceChannels } from '../values/trace-channels.js';
import { LeaseExtras } from './lease-extras.js';
import { LeaseView } from './lease-view.js';

/** The event that ends a lease. */
export type End = LostEvent | ReleasedEvent | DetachedEvent;

/** The wait that ends with its grant, as those who watch from outside see it. */
interface Wait {
  readonly contender: number;
  granted(lease: Lease): void;
}

/** How a stream ends, if not as the lease does. */
type Failure = { readonly error: unknown } | undefined;

type Progress = Extract<LockEvent, { readonly type: 'renewed' | 'uncertain' }>;

/**
 * What a lease tells: its stream, `events$`, `ended$` and its signal. Its state changes at once; what is told of it is
 * told in order, each thing to everybody before the next.
 */
export abstract class LeaseVoice extends LeaseView implements Lease, Unsubscribable, WithAfterLoss {
  // Its fields are made by whoever makes it: each constructor of a line costs every lock a call.
  declare protected sink: Subscriber<LockEvent> | undefined;
  /** Something is being told, or `acquired` is still to be. */
  declare protected isTelling: boolean;
  /** What most holders never need. */
  declare protected extras: LeaseExtras | undefined;

  /** Its work is asked to stop, or was. */
  protected abstract readonly isStopping: boolean;

  /** It was lost, or given back. */
  protected abstract readonly isOver: boolean;

  abstract extend(ttl?: Duration): Promise<Date>;

  abstract detach(): Promise<LeaseHandle>;

  abstract release(): Promise<void>;

  /** Its subscription has ended. Called by RxJS. */
  abstract unsubscribe(): void;

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  assertHeld(): void {
    if (!this.isHeld) throw this.lostError();
  }

  get scheduler(): SchedulerLike {
    return this.core.runtime.scheduler;
  }

  protected get number(): number {
    return this.more().number;
  }

  get signal(): AbortSignal {
    const extras = this.more();
    if (extras.controller === undefined) {
      extras.controller = new AbortController();
      // Asking may be what notices the loss, and that aborts the new controller itself.
      if ((!this.isHeld || this.isStopping) && !extras.controller.signal.aborted) this.abort();
    }
    return extras.controller.signal;
  }

  get ended$(): Observable<End> {
    const extras = this.more();
    if (extras.ended === undefined) {
      extras.ended = new ReplaySubject(1);
      // One that is being told of its end just now is told here, as it was not there before.
      if (!this.isHeld) this.tellEnd((extras.end ??= this.releasedEvent()));
    }
    return extras.ended.asObservable();
  }

  /**
   * Tells the holder, whatever may have become of it by now.
   *
   * @param since When the wait for it began, on `clock.elapsed`; absent if there was none.
   * @param wait Who hears that it is over.
   */
  announce(sink: Subscriber<LockEvent>, since: number | undefined, wait: Wait | undefined): void {
    const { core, name } = this;
    const at = core.runtime.clock.date();
    this.acquired = Math.floor(at - core.epoch);
    try {
      wait?.granted(this);
      if (core.events.observed) {
        const waited = since === undefined ? 0 : this.granted - since;
        core.emit({ type: 'acquired', name, at, lease: this, waited, contender: wait?.contender });
      }
      this.traceHold(wait);
      sink.next({ type: 'acquired', name, at, lease: this });
    } finally {
      this.tellNext();
    }
  }

  /** On the channel `rxlock:hold`, if anybody listens. */
  private traceHold(wait: Wait | undefined): void {
    const { hold } = traceChannels();
    if (!isTraced(hold)) return;
    this.more().trace = new Trace(hold, { name: this.name, contender: wait?.contender, lease: this });
  }

  override caughtUp(sentAt: number): void {
    if (this.extras?.isUncertain === true) this.renewed(false, sentAt);
  }

  protected tellRenewed(isNewest: boolean, sentAt: number): void {
    // A newer attempt is under way, and may be confirmed by the same.
    const extras = isNewest ? this.extras : this.more();
    const isNews = extras === undefined || extras.isUncertain || extras.toldFor !== sentAt;
    if (extras !== undefined) {
      extras.failure = undefined;
      extras.isUncertain = false;
      if (!isNewest) extras.toldFor = sentAt;
    }
    if (isNewest) extras?.extensions?.confirmed();
    if (isNews) this.pass({ type: 'renewed', name: this.name, at: this.core.runtime.clock.date(), lease: this });
    extras?.extensions?.next();
  }

  protected tellUncertain(told: unknown): void {
    const extras = this.more();
    const cause = (extras.failure = causeOf(told));
    extras.isUncertain = true;
    const { name } = this;
    const { clock } = this.core.runtime;
    extras.unsettledUntil = clock.elapsed() + this.ttl;
    extras.extensions?.failed(cause);
    const remaining = Math.max(0, Math.floor(this.deadline - clock.elapsed()));
    this.pass(loggable({ type: 'uncertain', name, at: clock.date(), lease: this, remaining, cause }));
    extras.extensions?.next();
  }

  /** Tells of what goes on while it is held. */
  private pass(event: Progress): void {
    // Told to all or to none: who hears of it first may end it.
    const { sink } = this;
    this.tell(() => sink?.next(event), event);
  }

  /** It is over, however it ended: tells everybody who listens. */
  protected over(event: End, sink: Subscriber<LockEvent> | undefined, failure?: Failure): void {
    const extras = this.more();
    extras.end = event;
    extras.extensions?.ended(this.lostError());
    extras.detaching?.ended(this.lostError());
    const isNested = this.isTelling;
    // Whoever hears of it by its signal may ask for the lock again: what comes of that is told after this.
    this.isTelling = true;
    if (this.core.events.observed)
      this.publish(this.summaryOf(event), () => {
        this.abort();
      });
    else this.abort();
    this.isTelling = isNested;
    this.tell(() => {
      this.extras?.trace?.end(event);
      this.tellEnd(event);
      this.endStream(sink, event, failure, isNested);
    });
  }

  /** Tells it now, or right after what is being told; `events$` hears of it now in either case. */
  protected tell(telling: () => void, event?: LocksEvent): void {
    if (this.isTelling) {
      if (event !== undefined) this.publish(event);
      (this.more().untold ??= []).push(telling);
      return;
    }
    this.isTelling = true;
    try {
      if (event !== undefined) this.core.emit(event);
      telling();
    } finally {
      // Also if somebody's finalizer throws.
      this.tellNext();
    }
  }

  /**
   * Tells it on `events$`, where all locks are told of in the order in which things happen: a handler that gives back the lock and asks for it again must
   * not have the next grant told before the end of this one. If `acquired` is still to be told, it comes after that, and nobody has its signal yet.
   */
  private publish(event: LocksEvent, before?: () => void): void {
    if (this.acquired === NEVER) {
      this.tell(() => {
        this.core.emit(event);
      });
    } else this.core.emit(event, before);
  }

  private tellNext(): void {
    this.isTelling = false;
    const next = this.extras?.untold?.shift();
    if (next !== undefined) this.tell(next);
  }

  /** Field by field: a spread makes objects that V8 keeps far longer than they live. */
  private summaryOf(event: End): LocksEvent {
    const { name, at } = event;
    const held = Math.floor(this.core.runtime.clock.elapsed() - this.granted);
    if (event.type !== 'lost') return { type: event.type, name, at, lease: this, held };
    const { reason, cause } = event;
    return { type: 'lost', name, at, lease: this, reason, cause, held };
  }

  private tellEnd(event: End): void {
    const ended = this.extras?.ended;
    if (ended === undefined) return;
    ended.next(event);
    endStream(ended);
  }

  /** The last event, and the end that belongs to it, or one more contention. */
  private endStream(sink: Subscriber<LockEvent> | undefined, event: End, failure: Failure, isNested = false): void {
    if (sink === undefined) return;
    if (failure !== undefined) {
      endStream(sink, failure);
      return;
    }
    sink.next(event);
    const after = this.extras?.after;
    if (after === undefined) this.follow(sink, event, this.request.options.onLost, isNested);
    else {
      after.decide((onLost) => {
        // Not in the turn of those who were told later.
        this.follow(sink, event, onLost, isNested || !this.isTelling);
      });
    }
  }

  private follow(sink: Subscriber<LockEvent>, event: End, onLost: OnLost, isNested: boolean): void {
    if (event.type !== 'lost' || onLost === 'complete') endStream(sink, this.extras?.stop?.failure);
    else if (onLost === 'error') endStream(sink, { error: this.lostError() });
    else if (!sink.closed) {
      sink.remove(this);
      // One that is lost while something is told of it is sought again in a turn of its own.
      this.core.contention.contend(this.request, sink, this.extras?.stop, isNested);
    }
  }

  [AFTER_LOSS](): AfterLoss | undefined {
    const after = this.extras?.after;
    if (after !== undefined) return after.isDecided ? undefined : after;
    // Once its end was told, nothing follows.
    if (this.isOver && !this.isTelling) return undefined;
    const extras = this.more();
    return (extras.after = new AfterLoss(this.request.options.onLost, extras.stop));
  }

  /** The stream ends before the lease does: its work may stop first. */
  protected leaveStream(sink: Subscriber<LockEvent>, failure: Failure): void {
    this.tell(() => {
      this.endStream(sink, this.releasedEvent(), failure);
    });
  }

  protected takeSink(): Subscriber<LockEvent> | undefined {
    const { sink } = this;
    this.sink = undefined;
    return sink;
  }

  protected abort(): void {
    const controller = this.extras?.controller;
    if (controller === undefined) return;
    const reason =
      this.extras?.end?.type === 'lost' ? this.lostError() : abortError(`${this.subject} ${this.farewell}`);
    controller.abort(reason);
  }

  private get farewell(): string {
    return this.extras?.end?.type === 'detached' ? 'was handed on' : 'is being given back';
  }

  cleanUpFailed(error: unknown): void {
    this.core.emit({
      type: 'drain-error',
      name: this.name,
      at: this.core.runtime.clock.date(),
      lease: this,
      error: errorOf(error),
    });
  }

  protected more(): LeaseExtras {
    return (this.extras ??= new LeaseExtras());
  }

  protected releasedEvent(): ReleasedEvent {
    return { type: 'released', name: this.name, at: this.core.runtime.clock.date(), lease: this };
  }

  /** Why it is not held. */
  protected lostError(): LockLostError {
    const { name, subject } = this;
    const end = this.extras?.end;
    if (end?.type === 'lost') {
      const { reason, cause } = end;
      return new LockLostError(`${subject} was lost: ${reason}`, { name, reason, cause });
    }
    const how = end?.type === 'detached' ? 'handed on' : 'released, or its subscription ended';
    return new LockLostError(`${subject} was ${how}`, { name });
  }
}
