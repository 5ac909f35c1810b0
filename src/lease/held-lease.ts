import { ReplaySubject, Subscription, type Observable, type Subscriber } from 'rxjs';
import { endStream } from '../values/end-stream.js';
import { LockLostError } from '../contract/errors.js';
import { LeaseView } from './lease-view.js';
import { RETAIN, type Retainable, type Retention } from '../contract/retention.js';
import type { Departure } from '../keeping/releases.js';
import type { LockRequest } from '../core/lock-request.js';
import type { Grant, Released } from '../contract/backend.js';
import type { Lease, LockEvent, LostEvent, LostReason, ReleasedEvent } from '../contract/lease.js';

/** How long a caller of `release()` waits for the service's answer. The clean-up itself goes on. */
const PATIENCE = 1000;

/** The life of a grant. Those below `Over` are held. */
const enum State {
  /** Granted, but its age is unknown: nobody is told before a renewal is confirmed. */
  Unconfirmed,
  Held,
  /** Its subscription has ended; work that was under it is still stopping. */
  Draining,
  Over,
  /** Given back by its holder, but kept taken until `minHold` has passed. */
  Lingering,
  Gone,
}

/** What a confirmed or failed confirmation means for the contender. */
export interface Confirmation {
  confirmed(): void;
  failed(cause: unknown): void;
}

let counter = 0;

/** What most leases never need, made when it is. */
class Extras {
  readonly number = ++counter;
  controller: AbortController | undefined;
  ended: ReplaySubject<LostEvent | ReleasedEvent> | undefined;
  /** The event that ended it, if anybody was there to be told. */
  end: LostEvent | ReleasedEvent | undefined;
  release: Promise<void> | undefined;
  /** Resolves `release`. */
  answered: (() => void) | undefined;
  isSlow = false;
  /** Why it was not confirmed, since it was last. */
  failure: unknown = undefined;
  timers: Subscription | undefined;
  confirmation: Confirmation | undefined;
  /** How many keep it past the end of its subscription. */
  retentions = 0;
  abandoned = false;
  /** It has expired, and goes back when the last of them has let go. */
  isOwed = false;
  keepFor = 0;
}

/**
 * A lock that was granted: what its holder sees, what the keeper renews and what is given back in the end.
 *
 * One object for all of it, added to the subscriber as its teardown, because there may be tens of thousands.
 */
export class HeldLease extends LeaseView implements Lease, Departure, Retainable {
  private state = State.Unconfirmed;
  private sink: Subscriber<LockEvent> | undefined;
  /** What most holders never need. */
  private extras: Extras | undefined = undefined;

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
    if (this.core.runtime.clock.elapsed() < this.deadline) return true;
    this.core.keeper.expire(this);
    return false;
  }

  protected get seemsHeld(): boolean {
    return this.state < State.Over && this.core.runtime.clock.elapsed() < this.deadline;
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

  get ended$(): Observable<LostEvent | ReleasedEvent> {
    const extras = this.more();
    if (extras.ended === undefined) {
      extras.ended = new ReplaySubject(1);
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
      this.finish();
      if (this.state === State.Gone) extras.answered?.();
      else if (wasOver || this.state === State.Lingering) this.slow();
    }
    return extras.release;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  // ------------------------------------------------------------------------------------------ for lock.ts

  /**
   * Tells the holder.
   *
   * @param since When the wait for it began, on `clock.elapsed`; absent if there was none.
   */
  announce(since: number | undefined): void {
    this.state = State.Held;
    const at = this.core.runtime.clock.date();
    this.acquired = Math.floor(at - this.core.epoch);
    // The subscriber must own the lease before it hears of it: it may unsubscribe in the middle of `next`.
    this.sink?.add(this);
    const { maxHold } = this.request.options;
    if (maxHold < Infinity) {
      const end = (): void => {
        this.finishGently();
      };
      this.timers.add(this.core.runtime.scheduler.schedule(end, maxHold));
    }
    const { name } = this;
    if (this.core.events.observed) {
      const waited = since === undefined ? 0 : this.granted - since;
      this.core.emit({ type: 'acquired', name, at, lease: this, waited });
    }
    this.sink?.next({ type: 'acquired', name, at, lease: this });
  }

  /** Asks the service whether the grant still stands, before anybody is told. */
  confirm(confirmation: Confirmation): void {
    this.more().confirmation = confirmation;
    this.core.keeper.renewNow(this);
  }

  isOf(name: string, limit: number | undefined): boolean {
    const { request } = this;
    return request.name === name && (request.limit === undefined) === (limit === undefined) && this.state < State.Over;
  }

  /** Nobody waits for it any more. */
  abandonUnconfirmed(): void {
    if (this.state !== State.Unconfirmed) return;
    this.core.keeper.remove(this);
    this.state = State.Over;
    this.sendBack();
  }

  // --------------------------------------------------------------------------------------- its teardown

  /** The subscription has ended. Called by RxJS. */
  unsubscribe(): void {
    if (this.state === State.Unconfirmed) this.abandonUnconfirmed();
    if (this.state !== State.Held) return;
    this.sink = undefined;
    if (!this.isHeld) return;
    if (this.isRetained) this.drain();
    else this.over();
  }

  /** Gives it back as its holder wished: `released`, the end of the stream, and then the release. */
  finish(): void {
    if (this.state > State.Draining || !this.isHeld) return;
    this.over();
  }

  /** As `finish`, but work that is under it may stop first. */
  finishGently(): void {
    if (this.state !== State.Held || !this.isHeld) return;
    if (!this.isRetained) {
      this.over();
      return;
    }
    const sink = this.takeSink();
    this.drain();
    sink?.next(this.releasedEvent());
    if (sink !== undefined) endStream(sink);
  }

  /** These locks are closing: the stream fails, the work is asked to stop, and the lock goes after it. */
  close(error: unknown): void {
    if (this.state !== State.Held || !this.isHeld) return;
    const sink = this.takeSink();
    if (this.isRetained) this.drain();
    else this.over();
    if (sink !== undefined) endStream(sink, { error });
  }

  [RETAIN](): Retention {
    let open = true;
    const extras = this.more();
    extras.retentions++;
    return {
      scheduler: this.core.runtime.scheduler,
      release: () => {
        if (!open) return;
        open = false;
        extras.retentions--;
        if (extras.retentions > 0) return;
        if (extras.isOwed) {
          // Once: whoever keeps it anew after the loss keeps nothing.
          extras.isOwed = false;
          if (!this.core.isDisposed) this.sendBack();
        } else if (this.state === State.Draining && this.isHeld) this.over();
      },
      // It stays counted: nothing gives the lock back any more, so it runs out.
      abandon: () => {
        if (!open) return;
        open = false;
        extras.abandoned = true;
        extras.isOwed = false;
        this.core.keeper.setRenewal(this, false);
      },
      fail: (error) => {
        this.core.emit({
          type: 'drain-error',
          name: this.name,
          at: this.core.runtime.clock.date(),
          lease: this,
          error,
        });
      },
    };
  }

  // ----------------------------------------------------------------------------------------- the keeper

  renewed(): void {
    if (this.state === State.Unconfirmed) {
      if (!this.request.options.renew) this.core.keeper.setRenewal(this, false);
      this.granted = Math.floor(this.core.runtime.clock.elapsed());
      this.extras?.confirmation?.confirmed();
      return;
    }
    if (this.extras !== undefined) this.extras.failure = undefined;
    if (this.state === State.Lingering) return;
    const event = { type: 'renewed', name: this.name, at: this.core.runtime.clock.date(), lease: this } as const;
    this.core.emit(event);
    this.sink?.next(event);
  }

  uncertain(cause: unknown): void {
    if (this.state !== State.Held && this.state !== State.Draining) return;
    const { clock } = this.core.runtime;
    this.more().failure = cause;
    const remaining = Math.max(0, Math.floor(this.deadline - clock.elapsed()));
    const event = { type: 'uncertain', name: this.name, at: clock.date(), lease: this, remaining, cause } as const;
    this.core.emit(event);
    this.sink?.next(event);
  }

  lost(reason: LostReason, told: unknown): void {
    // What runs out has failed to be renewed: that is the cause that somebody will look for.
    const cause = told ?? this.extras?.failure;
    const was = this.state;
    this.state = State.Gone;
    if (was === State.Unconfirmed) {
      if (reason === 'expired') this.core.discard(this.grant, this.name);
      this.extras?.confirmation?.failed(cause);
      return;
    }
    if (was === State.Lingering) {
      this.settle();
      return;
    }
    const { clock } = this.core.runtime;
    // However late it is noticed, an expiry happened at its deadline.
    const late = reason === 'expired' ? Math.max(0, Math.floor(clock.elapsed() - this.deadline)) : 0;
    const event: LostEvent = { type: 'lost', name: this.name, at: clock.date() - late, lease: this, reason, cause };
    this.more().end = event;
    this.stopTimers();
    const sink = this.takeSink();
    const left = this.minHoldLeft();
    // Our deadline is earlier than the service's: it may still count it as held. Planned before anybody is told, so that
    // whoever asks for the same name then does so after the release.
    const isOwed =
      reason === 'expired' && !(this.extras?.abandoned ?? false) && (left === 0 || this.core.backend.features.minHold);
    if (isOwed) this.oweBack(left);
    this.tellAll(event);
    this.abort();
    this.tellEnd(event);
    if (sink !== undefined) this.endWith(event, sink);
    if (!isOwed || this.isRetained) this.settle();
  }

  /** Work that is still stopping must not meet whoever is next: the release waits for it. */
  private oweBack(left: number): void {
    if (left > 0) this.more().keepFor = left;
    if (this.isRetained) {
      this.more().isOwed = true;
      return;
    }
    this.state = State.Over;
    this.sendBack();
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
    if (this.core.events.observed) {
      this.core.emit({
        type: 'release',
        name: this.name,
        at: this.core.runtime.clock.date(),
        lease: this,
        outcome,
        cause,
      });
    }
    this.settle();
  }

  private more(): Extras {
    return (this.extras ??= new Extras());
  }

  private get isRetained(): boolean {
    return this.extras !== undefined && this.extras.retentions > 0;
  }

  private drain(): void {
    this.state = State.Draining;
    this.abort();
  }

  private over(): void {
    const sink = this.takeSink();
    this.state = State.Over;
    this.stopTimers();
    // Only planned here: whoever is told, and asks for the same name at once, does so after the release.
    this.giveBack();
    // Built only for whoever listens.
    if (this.extras !== undefined || sink !== undefined || this.core.events.observed) {
      const event = (this.more().end = this.releasedEvent());
      this.tellAll(event);
      this.abort();
      this.tellEnd(event);
      sink?.next(event);
      if (sink !== undefined) endStream(sink);
    }
  }

  /** Now, or when `minHold` has passed. */
  private giveBack(): void {
    const left = this.minHoldLeft();
    if (left === 0 || this.core.backend.features.minHold) {
      this.core.keeper.remove(this);
      if (left > 0) this.more().keepFor = left;
      this.sendBack();
      return;
    }
    this.state = State.Lingering;
    this.core.keeper.setRenewal(this, true);
    const giveBack = (): void => {
      this.core.keeper.remove(this);
      this.sendBack();
    };
    this.timers.add(this.core.runtime.scheduler.schedule(giveBack, left));
  }

  private stopTimers(): void {
    if (this.extras?.timers === undefined) return;
    this.extras.timers.unsubscribe();
    this.extras.timers = undefined;
  }

  private get timers(): Subscription {
    return (this.more().timers ??= new Subscription());
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

  private releasedEvent(): ReleasedEvent {
    return { type: 'released', name: this.name, at: this.core.runtime.clock.date(), lease: this };
  }

  /** Field by field: a spread makes objects that V8 keeps far longer than they live. */
  private tellAll(event: LostEvent | ReleasedEvent): void {
    if (!this.core.events.observed) return;
    const { name, at } = event;
    const held = this.heldFor();
    if (event.type === 'released') this.core.emit({ type: 'released', name, at, lease: this, held });
    else {
      const { reason, cause } = event;
      this.core.emit({ type: 'lost', name, at, lease: this, reason, cause, held });
    }
  }

  private tellEnd(event: LostEvent | ReleasedEvent): void {
    const ended = this.extras?.ended;
    if (ended === undefined) return;
    ended.next(event);
    endStream(ended);
  }

  private takeSink(): Subscriber<LockEvent> | undefined {
    const { sink } = this;
    this.sink = undefined;
    return sink;
  }

  private heldFor(): number {
    return Math.floor(this.core.runtime.clock.elapsed() - this.granted);
  }

  private minHoldLeft(): number {
    const { minHold } = this.request.options;
    return minHold === 0 ? 0 : Math.max(0, Math.ceil(minHold - this.heldFor()));
  }

  private abort(): void {
    const controller = this.extras?.controller;
    if (controller === undefined) return;
    const reason =
      this.extras?.end?.type === 'lost'
        ? this.lostError()
        : new DOMException(`the lock '${this.name}' is being given back`, 'AbortError');
    controller.abort(reason);
  }

  private endWith(event: LostEvent, sink: Subscriber<LockEvent>): void {
    sink.next(event);
    const { onLost } = this.request.options;
    if (onLost === 'complete') endStream(sink);
    else if (onLost === 'error') endStream(sink, { error: this.lostError() });
    else if (!sink.closed) {
      sink.remove(this);
      this.request.contend(sink);
    }
  }

  /** Why it is not held. */
  private lostError(): LockLostError {
    const { name } = this;
    const end = this.extras?.end;
    if (end?.type === 'lost') {
      return new LockLostError(`the lock '${name}' was lost: ${end.reason}`, {
        name,
        reason: end.reason,
        cause: end.cause,
      });
    }
    return new LockLostError(`the lock '${name}' was released, or its subscription ended`, { name });
  }
}
