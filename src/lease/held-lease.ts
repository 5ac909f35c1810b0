import { ReplaySubject, Subscription, type Observable, type SchedulerLike, type Subscriber } from 'rxjs';
import { AFTER_LOSS, onLostOf, type AfterLoss, type WithAfterLoss } from '../contract/after-loss.js';
import { abortError } from '../values/abort-error.js';
import type { Grant, Released } from '../contract/backend.js';
import { LockLostError } from '../contract/errors.js';
import type { Lease, LockEvent, LostEvent, LostReason, ReleasedEvent } from '../contract/lease.js';
import { RETAIN, type Retainable, type Retention } from '../contract/retention.js';
import type { LockRequest } from '../core/lock-request.js';
import type { Stop } from '../core/stop.js';
import { Lingering } from '../keeping/lingering.js';
import type { Departure } from '../keeping/release-batch.js';
import { endStream } from '../values/end-stream.js';
import { LeaseExtras } from './lease-extras.js';
import { leaseRetention, type Retained } from './lease-retention.js';
import { LeaseView } from './lease-view.js';

/** How long a caller of `release()` waits for the service's answer. The clean-up itself goes on. */
const PATIENCE = 1000;

/** The life of a lease. */
const enum State {
  Held,
  /** Its subscription has ended; work that was under it is still stopping. It is held. */
  Draining,
  /** It is on its way back. */
  Over,
  /** Its release was answered, or is somebody else's to send; or it was lost. */
  Gone,
}

type End = LostEvent | ReleasedEvent;

/**
 * A lock that was granted: what its holder sees, what the keeper renews and what is given back in the end.
 *
 * One object for all of it, added to the subscriber as its teardown, because there may be tens of thousands. Its state
 * changes at once; what is told of it is told in order, each thing to everybody before the next.
 */
export class HeldLease extends LeaseView implements Lease, Departure, Retainable, Retained, WithAfterLoss {
  private state = State.Held;
  private sink: Subscriber<LockEvent> | undefined;
  /** Something is being told, or `acquired` is still to be. */
  private isTelling = true;
  /** What most holders never need. */
  private extras: LeaseExtras | undefined = undefined;

  /** @param now When the grant came, on `clock.elapsed`. */
  constructor(request: LockRequest, sink: Subscriber<LockEvent>, grant: Grant, now: number) {
    super(request, grant);
    this.granted = Math.floor(now);
    this.sink = sink;
  }

  protected get number(): number {
    return this.more().number;
  }

  /** For the release: milliseconds that the lock must stay taken. */
  get keepFor(): number {
    return this.extras?.keepFor ?? 0;
  }

  get isHeld(): boolean {
    if (this.state >= State.Over) return false;
    if (!this.hasExpired(this.core.runtime.clock.elapsed())) return true;
    this.core.keeper.expire(this);
    return false;
  }

  protected get seemsHeld(): boolean {
    return this.state < State.Over && !this.hasExpired(this.core.runtime.clock.elapsed());
  }

  assertHeld(): void {
    if (!this.isHeld) throw this.lostError();
  }

  get signal(): AbortSignal {
    const extras = this.more();
    if (extras.controller === undefined) {
      extras.controller = new AbortController();
      // Asking may be what notices the loss, and that aborts the new controller itself.
      if ((!this.isHeld || this.state === State.Draining) && !extras.controller.signal.aborted) this.abort();
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

  release(): Promise<void> {
    const extras = this.more();
    if (extras.release === undefined) {
      extras.release = new Promise((resolve) => {
        extras.answered = resolve;
      });
      // Its release may have been sent before, when nobody waited for the answer.
      const wasOver = this.state === State.Over;
      if (this.isHeld) this.end();
      if (this.state === State.Gone) extras.answered?.();
      else if (wasOver) this.slow();
    }
    return extras.release;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  // --------------------------------------------------------------------------------------- for contending

  /** Gives it to its subscriber, who must own it before he hears of it: he may unsubscribe in the middle of `next`. */
  give(stop: Stop | undefined): void {
    this.sink?.add(this);
    const { maxHold } = this.request.options;
    if (maxHold === Infinity && stop === undefined) return;
    const end = (): void => {
      this.stop();
    };
    if (maxHold < Infinity) this.timers.add(this.scheduler.schedule(end, maxHold));
    this.more().stop = stop;
    stop?.set(end);
  }

  /**
   * Tells the holder, whatever may have become of it by now.
   *
   * @param since When the wait for it began, on `clock.elapsed`; absent if there was none.
   */
  announce(sink: Subscriber<LockEvent>, since: number | undefined): void {
    const { core, name } = this;
    const at = core.runtime.clock.date();
    this.acquired = Math.floor(at - core.epoch);
    try {
      if (core.events.observed) {
        const waited = since === undefined ? 0 : this.granted - since;
        core.emit({ type: 'acquired', name, at, lease: this, waited });
      }
      sink.next({ type: 'acquired', name, at, lease: this });
    } finally {
      this.tellNext();
    }
  }

  override get resource(): string {
    return this.request.resource;
  }

  // ---------------------------------------------------------------------------------------------- its end

  /** Its subscription has ended. Called by RxJS. */
  unsubscribe(): void {
    if (this.state !== State.Held) return;
    this.sink = undefined;
    if (!this.isHeld) return;
    if (this.isRetained) this.drain();
    else this.end();
  }

  /** These locks are closing: the stream fails, the work is asked to stop, and the lock goes after it. */
  close(error: unknown): void {
    if (this.state === State.Held && this.isHeld) this.stopWork({ error });
  }

  /** Gives it back, as its holder has asked for before; work that is under it may stop first. */
  private stop(): void {
    if (this.state === State.Held && this.isHeld) this.stopWork(undefined);
  }

  /** @param failure How the stream ends: as `released` by default. */
  private stopWork(failure: { readonly error: unknown } | undefined): void {
    if (!this.isRetained) {
      this.end(failure);
      return;
    }
    const sink = this.takeSink();
    this.drain();
    this.tell(() => {
      this.endStream(sink, this.releasedEvent(), failure);
    });
  }

  /** Asks the work to stop. It is held, and renewed, until the last who keeps it has let go. */
  private drain(): void {
    this.state = State.Draining;
    this.abort();
    this.renewForTheLiving();
  }

  /** Gives it back. */
  private end(failure?: { readonly error: unknown }): void {
    const sink = this.takeSink();
    this.state = State.Over;
    this.stopTimers();
    // Only planned here: whoever is told, and asks for the same name at once, does so after the release.
    this.giveBack();
    // Built only for whoever listens.
    if (this.extras === undefined && sink === undefined && !this.core.events.observed) return;
    this.over(this.releasedEvent(), sink, failure);
  }

  lost(reason: LostReason, told: unknown): void {
    // What runs out has failed to be renewed: that is the cause that somebody will look for.
    const cause = told ?? this.extras?.failure;
    const { clock } = this.core.runtime;
    // However late it is noticed, an expiry happened at its deadline.
    const late = reason === 'expired' ? Math.max(0, Math.floor(clock.elapsed() - this.deadline)) : 0;
    const sink = this.takeSink();
    this.state = State.Gone;
    this.stopTimers();
    // Planned before anybody is told: whoever asks for the same name at once does so after the release.
    const isOwed = reason === 'expired' && this.oweBack();
    this.over({ type: 'lost', name: this.name, at: clock.date() - late, lease: this, reason, cause }, sink);
    if (!isOwed || this.isRetained) this.settle();
  }

  /** It is over, however it ended: tells everybody who listens. */
  private over(event: End, sink: Subscriber<LockEvent> | undefined, failure?: { readonly error: unknown }): void {
    this.more().end = event;
    this.abort();
    const isNested = this.isTelling;
    this.tell(() => {
      this.emitEnd(event);
      this.tellEnd(event);
      this.endStream(sink, event, failure, isNested);
    });
  }

  // --------------------------------------------------------------------------------------------- telling

  /** Tells it now, or right after what is being told. */
  private tell(telling: () => void): void {
    if (this.isTelling) {
      (this.more().untold ??= []).push(telling);
      return;
    }
    this.isTelling = true;
    try {
      telling();
    } finally {
      // Also if somebody's finalizer throws.
      this.tellNext();
    }
  }

  private tellNext(): void {
    this.isTelling = false;
    const next = this.extras?.untold?.shift();
    if (next !== undefined) this.tell(next);
  }

  /** Field by field: a spread makes objects that V8 keeps far longer than they live. */
  private emitEnd(event: End): void {
    if (!this.core.events.observed) return;
    const { name, at } = event;
    const held = Math.floor(this.core.runtime.clock.elapsed() - this.granted);
    if (event.type === 'released') this.core.emit({ type: 'released', name, at, lease: this, held });
    else {
      const { reason, cause } = event;
      this.core.emit({ type: 'lost', name, at, lease: this, reason, cause, held });
    }
  }

  private tellEnd(event: End): void {
    const ended = this.extras?.ended;
    if (ended === undefined) return;
    ended.next(event);
    endStream(ended);
  }

  /** The last event, and the end that belongs to it, or one more contention. */
  private endStream(
    sink: Subscriber<LockEvent> | undefined,
    event: End,
    failure: { readonly error: unknown } | undefined,
    isNested = false,
  ): void {
    if (sink === undefined) return;
    if (failure === undefined) sink.next(event);
    const after = this.extras?.after;
    const onLost = after === undefined ? this.request.options.onLost : onLostOf(after);
    if (failure !== undefined) endStream(sink, failure);
    else if (event.type === 'released' || onLost === 'complete') endStream(sink);
    else if (onLost === 'error') endStream(sink, { error: this.lostError() });
    else if (!sink.closed) {
      sink.remove(this);
      this.contendAgain(sink, isNested);
    }
  }

  /**
   * @param isNested It was lost while something was told of it. Who is granted a lock and loses it within one call gets the
   * next in a turn of its own: else nothing but that would ever go on.
   */
  private contendAgain(sink: Subscriber<LockEvent>, isNested: boolean): void {
    const { request, core, extras } = this;
    if (!isNested) {
      core.contention.contend(request, sink, extras?.stop);
      return;
    }
    const turn = this.scheduler.schedule(() => {
      sink.remove(turn);
      core.contention.contend(request, sink, extras?.stop);
    });
    sink.add(turn);
  }

  [AFTER_LOSS](): AfterLoss | undefined {
    // Once its end was told, nothing follows.
    if (this.state >= State.Over && !this.isTelling) return undefined;
    return (this.more().after ??= { onLost: this.request.options.onLost, seekers: 0 });
  }

  private takeSink(): Subscriber<LockEvent> | undefined {
    const { sink } = this;
    this.sink = undefined;
    return sink;
  }

  private abort(): void {
    const controller = this.extras?.controller;
    if (controller === undefined) return;
    const reason =
      this.extras?.end?.type === 'lost' ? this.lostError() : abortError(`the lock '${this.name}' is being given back`);
    controller.abort(reason);
  }

  // ------------------------------------------------------------------------------ those who keep it longer

  [RETAIN](): Retention {
    this.more().retentions++;
    return leaseRetention(this);
  }

  get scheduler(): SchedulerLike {
    return this.core.runtime.scheduler;
  }

  letGo(hadGivenUp: boolean): void {
    const extras = this.more();
    extras.retentions--;
    if (hadGivenUp) extras.abandoned--;
    this.renewForTheLiving();
    if (extras.retentions > 0) return;
    if (extras.isOwed) {
      // Once: whoever keeps it anew after the loss keeps nothing.
      extras.isOwed = false;
      if (!this.core.isDisposed) this.sendBack();
    } else if (this.state === State.Draining && this.isHeld) this.end();
  }

  /** It stays counted: the lock is not given back while that work may go on, it runs out. */
  giveUp(): void {
    this.more().abandoned++;
    if (this.core.closed) this.core.warnOfClose(this.name);
    this.renewForTheLiving();
  }

  cleanUpFailed(error: unknown): void {
    this.core.emit({ type: 'drain-error', name: this.name, at: this.core.runtime.clock.date(), lease: this, error });
  }

  /** Where all who keep it have given up on their work, nobody is left to renew it for. */
  private renewForTheLiving(): void {
    const { retentions, abandoned } = this.more();
    if (this.state === State.Draining && abandoned > 0 && abandoned === retentions) {
      this.core.keeper.setRenewal(this, false);
    }
  }

  private get isRetained(): boolean {
    return this.extras !== undefined && this.extras.retentions > 0;
  }

  // ----------------------------------------------------------------------------------------- the keeper

  renewed(): void {
    if (this.extras !== undefined) this.extras.failure = undefined;
    this.pass({ type: 'renewed', name: this.name, at: this.core.runtime.clock.date(), lease: this });
  }

  uncertain(cause: unknown): void {
    this.more().failure = cause;
    const { name } = this;
    const { clock } = this.core.runtime;
    const remaining = Math.max(0, Math.floor(this.deadline - clock.elapsed()));
    this.pass({ type: 'uncertain', name, at: clock.date(), lease: this, remaining, cause });
  }

  /** Tells of what goes on while it is held. */
  private pass(event: Extract<LockEvent, { readonly type: 'renewed' | 'uncertain' }>): void {
    if (this.isTelling) {
      this.tell(() => {
        this.passOn(event);
      });
      return;
    }
    this.isTelling = true;
    try {
      this.passOn(event);
    } finally {
      this.tellNext();
    }
  }

  private passOn(event: Extract<LockEvent, { readonly type: 'renewed' | 'uncertain' }>): void {
    this.core.emit(event);
    this.sink?.next(event);
  }

  // ---------------------------------------------------------------------------------------- the release

  /** The answer takes its time: a caller of `release()` is let go before it comes. */
  slow(): void {
    const { extras } = this;
    if (extras?.answered === undefined || extras.isSlow) return;
    extras.isSlow = true;
    this.timers.add(this.core.runtime.scheduler.schedule(extras.answered, PATIENCE));
  }

  answered(outcome: Released['outcome'], cause: unknown): void {
    this.state = State.Gone;
    const { core, name } = this;
    if (core.events.observed) {
      core.emit({ type: 'release', name, at: core.runtime.clock.date(), lease: this, outcome, cause });
    }
    this.settle();
  }

  /** Now, or when `minHold` has passed. Its holder is free of it in either case. */
  private giveBack(): void {
    const { keeper, backend, releases, runtime } = this.core;
    const left = this.minHoldLeft();
    if (left === 0 || backend.features.minHold) {
      keeper.remove(this);
      if (left > 0) this.more().keepFor = left;
      this.sendBack();
      return;
    }
    this.state = State.Gone;
    const lingering = new Lingering(this, () => {
      timer.unsubscribe();
      this.core.changed();
    });
    const timer = runtime.scheduler.schedule(() => {
      keeper.remove(lingering);
      releases.push(this);
    }, left);
    keeper.handOver(this, lingering);
    keeper.setRenewal(lingering, true);
  }

  /**
   * The service counts it as held for longer than we do. Work that is still stopping must not meet whoever is next: then
   * the release waits for it.
   *
   * @returns Will it be given back?
   */
  private oweBack(): boolean {
    const left = this.minHoldLeft();
    if ((this.extras?.abandoned ?? 0) > 0 || (left > 0 && !this.core.backend.features.minHold)) return false;
    if (left > 0) this.more().keepFor = left;
    if (this.isRetained) this.more().isOwed = true;
    else {
      this.state = State.Over;
      this.sendBack();
    }
    return true;
  }

  private sendBack(): void {
    this.core.releases.push(this);
    // It has left the keeper.
    this.core.changed();
  }

  private settle(): void {
    this.stopTimers();
    this.extras?.answered?.();
    this.core.changed();
  }

  // ----------------------------------------------------------------------------------------------- small

  private more(): LeaseExtras {
    return (this.extras ??= new LeaseExtras());
  }

  private get timers(): Subscription {
    return (this.more().timers ??= new Subscription());
  }

  private stopTimers(): void {
    if (this.extras?.timers === undefined) return;
    this.extras.timers.unsubscribe();
    this.extras.timers = undefined;
  }

  private releasedEvent(): ReleasedEvent {
    return { type: 'released', name: this.name, at: this.core.runtime.clock.date(), lease: this };
  }

  private minHoldLeft(): number {
    const { minHold } = this.request.options;
    if (minHold === 0) return 0;
    return Math.max(0, Math.ceil(minHold - Math.floor(this.core.runtime.clock.elapsed() - this.granted)));
  }

  /** Why it is not held. */
  private lostError(): LockLostError {
    const { name } = this;
    const end = this.extras?.end;
    if (end?.type === 'lost') {
      const { reason, cause } = end;
      return new LockLostError(`the lock '${name}' was lost: ${reason}`, { name, reason, cause });
    }
    return new LockLostError(`the lock '${name}' was released, or its subscription ended`, { name });
  }
}
