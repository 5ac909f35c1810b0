import { EMPTY, type Subscriber } from 'rxjs';
import { LockUnsupportedError } from '../contract/errors.js';
import type { Grant, Released } from '../contract/backend.js';
import type { LeaseHandle, LockEvent, LostReason } from '../contract/lease.js';
import { RETAIN, type Retainable, type Retention } from '../contract/retention.js';
import type { Duration } from '../contract/time.js';
import { requireRenewal, resolveTtl } from '../core/hold-options.js';
import type { LockRequest } from '../core/lock-request.js';
import type { Stop } from '../core/stop.js';
import { causeOf } from '../values/error-of.js';
import { asked } from '../values/asked.js';
import type { Failure } from '../values/hold.js';
import { loggable } from '../values/loggable.js';
import { rejected } from '../values/rejected.js';
import type { Departure } from '../keeping/release-batch.js';
import { Detaching, type Detachable } from './detaching.js';
import { handleOf } from './handle-of.js';
import { Extensions, type Extendable } from './extensions.js';
import { leaseRetention, type Retained } from './lease-retention.js';
import type { Confirmation } from './lease-extras.js';
import { LeaseVoice } from './lease-voice.js';

/** How long a caller of `release()` waits for the service's answer. The clean-up itself goes on. */
const PATIENCE = 1000;

/** The life of a lease. */
const enum State {
  /** It is nobody's until the service has said that it stands. */
  Unconfirmed,
  Held,
  /** Its subscription has ended; work that was under it is still stopping. It is held. */
  Draining,
  /** It is on its way back. */
  Over,
  /** It was given back, and is renewed until `minHold` has passed: the service cannot keep it taken. */
  Lingering,
  /** Its release was answered, or is somebody else's to send; or it was lost. */
  Gone,
}

/**
 * A lock that was granted: what its holder sees, what the keeper renews and what is given back in the end.
 *
 * One object for all of it, added to the subscriber as its teardown, because there may be tens of thousands. What may be
 * read off it is `LeaseView`'s, what it tells `LeaseVoice`'s; here is its life.
 */
export class HeldLease extends LeaseVoice implements Departure, Detachable, Extendable, Retainable, Retained {
  declare private state: State;

  /** @param now When the grant came, on `clock.elapsed`. */
  constructor(request: LockRequest, sink: Subscriber<LockEvent>, grant: Grant, now: number) {
    super(request, grant);
    this.state = State.Held;
    this.granted = Math.floor(now);
    this.sink = sink;
    this.isTelling = true;
    this.extras = undefined;
  }

  /** For the release: milliseconds that the lock must stay taken. */
  get keepFor(): number {
    return this.extras?.keepFor ?? 0;
  }

  get isHeld(): boolean {
    this.core.keeper.hear(this);
    if (this.seemsHeld) return true;
    if (!this.isOver) this.core.keeper.expire(this);
    return false;
  }

  protected get isStopping(): boolean {
    return this.state !== State.Held;
  }

  protected get isOver(): boolean {
    return this.state >= State.Over;
  }

  protected get seemsHeld(): boolean {
    return !this.isOver && !this.hasExpired(this.core.runtime.clock.elapsed());
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
      if (this.state > State.Over) extras.answered?.();
      else if (wasOver) this.slow(this.core.releases.timeouts.now());
    }
    return extras.release;
  }

  extend(ttl?: Duration): Promise<Date> {
    try {
      const { core, request } = this;
      const wanted = ttl === undefined ? undefined : resolveTtl(ttl, core.backend);
      if (wanted !== undefined) requireRenewal(wanted, request.options, core.backend);
      if (!this.isHeld || this.isGivenUp) throw this.lostError();
      const extensions = (this.more().extensions ??= new Extensions(this));
      return extensions.ask(wanted);
    } catch (error) {
      return rejected(error);
    }
  }

  detach(): Promise<LeaseHandle> {
    const { core, name, extras } = this;
    if (extras?.detaching !== undefined) return extras.detaching.handle;
    if (!this.isHeld || this.isStopping) return rejected(this.lostError());
    if (core.backend.detach === undefined) return rejected(core.unsupportedError('detach'));
    if (this.isRetained) {
      const why = 'work runs under it: hand on what acquire() or lock$ gave you';
      return rejected(new LockUnsupportedError(`${this.subject} cannot be handed on while ${why}`, { name }));
    }
    const detaching = (this.more().detaching = new Detaching(this));
    core.keeper.setRenewal(this, false);
    detaching.start(asked(() => core.backend.detach?.(this.grant) ?? EMPTY));
    return detaching.handle;
  }

  // ----------------------------------------------------------------------------------- for its handing on

  leave(secret: string): LeaseHandle {
    const { core } = this;
    const handle = handleOf(this, this.request, secret);
    const sink = this.takeSink();
    this.state = State.Gone;
    core.keeper.remove(this);
    this.more().detaching = undefined;
    this.over({ type: 'detached', name: this.name, at: core.runtime.clock.date(), lease: this }, sink);
    this.settle();
    return handle;
  }

  stay(): void {
    this.more().detaching = undefined;
    if (this.request.options.renew) this.core.keeper.setRenewal(this, true);
  }

  override get ttl(): number {
    return this.extras?.ttl ?? this.request.ttl;
  }

  // -------------------------------------------------------------------------------------- for its extensions

  get isAsking(): boolean {
    return this.attempt !== undefined;
  }

  get demanded(): number {
    return this.core.keeper.demanded(this);
  }

  get unsettled(): number {
    return Math.max(0, Math.ceil(this.more().unsettledUntil - this.core.runtime.clock.elapsed()));
  }

  renewFor(ttl: number): void {
    const isShorter = ttl < this.ttl;
    // What overtakes it ends the wait for its answer, and not its way to the service.
    if (this.isAsking) this.more().unsettledUntil = this.core.runtime.clock.elapsed() + this.ttl;
    if (ttl !== this.ttl) this.more().ttl = ttl;
    this.core.keeper.renewNow(this, isShorter);
  }

  /** What is to run out was renewed for that once. */
  settled(): void {
    if (!this.request.options.renew) this.core.keeper.setRenewal(this, false);
  }

  // --------------------------------------------------------------------------------------- for contending

  /** Renews it before anybody is told. Its teardown gives it back. */
  confirm(confirmation: Confirmation): void {
    this.state = State.Unconfirmed;
    this.more().confirmation = confirmation;
    this.sink?.add(this);
    this.core.keeper.renewNow(this);
  }

  /** It stands, and is somebody's from now on. */
  stand(): void {
    const { keeper, runtime } = this.core;
    this.state = State.Held;
    this.granted = Math.floor(runtime.clock.elapsed());
    this.extras = undefined;
    this.sink?.remove(this);
    if (!this.request.options.renew) keeper.setRenewal(this, false);
  }

  /** Gives it to its subscriber, who must own it before he hears of it: he may unsubscribe in the middle of `next`. */
  give(stop: Stop | undefined): void {
    this.sink?.add(this);
    const { maxHold } = this.request.options;
    if (maxHold === Infinity && stop === undefined) return;
    const extras = this.more();
    const end = (failure?: Failure): void => {
      this.stop(failure);
    };
    if (maxHold < Infinity) extras.timer = this.scheduler.schedule(end, maxHold);
    extras.stop = stop;
    stop?.set(end);
  }

  override get resource(): string {
    return this.request.resource;
  }

  override get permits(): number {
    return this.isOver || this.state === State.Unconfirmed ? 0 : this.request.permits;
  }

  // ---------------------------------------------------------------------------------------- for the keeper

  renewed(isNewest: boolean, sentAt: number): void {
    if (this.state === State.Unconfirmed) this.extras?.confirmation?.confirmed();
    else if (!this.isOver) this.tellRenewed(isNewest, sentAt);
  }

  uncertain(told: unknown): void {
    if (this.state === State.Unconfirmed) this.more().failure = causeOf(told);
    else if (!this.isOver) this.tellUncertain(told);
  }

  lost(reason: LostReason, told: unknown): void {
    const { state } = this;
    this.state = State.Gone;
    if (state === State.Unconfirmed) this.failed(reason, told);
    else if (state === State.Lingering) this.settle();
    else this.tellLoss(reason, told);
  }

  // ---------------------------------------------------------------------------------------------- its end

  /** Its subscription has ended. Called by RxJS. */
  unsubscribe(): void {
    this.sink = undefined;
    if (this.state === State.Unconfirmed) {
      this.core.keeper.remove(this);
      this.request.stray(this.grant);
      this.state = State.Gone;
    } else this.stop();
  }

  /**
   * Gives it back, as its holder has asked for before, or because these locks are closing. Work that is under it may stop first: it is held,
   * and renewed, until the last who keeps it has let go.
   *
   * @param failure How the stream ends: as `released` by default.
   */
  stop(failure?: Failure): void {
    if (this.state !== State.Held || !this.isHeld) return;
    if (!this.isRetained) {
      this.end(failure);
      return;
    }
    const sink = this.takeSink();
    this.state = State.Draining;
    this.abort();
    this.renewForTheLiving();
    if (sink !== undefined) this.leaveStream(sink, failure);
  }

  /** Gives it back. */
  private end(failure?: Failure): void {
    const sink = this.takeSink();
    this.state = State.Over;
    this.stopTimer();
    // Only planned here: whoever is told, and asks for the same name at once, does so after the release.
    this.giveBack();
    // Built only for whoever listens.
    if (this.extras === undefined && sink === undefined && !this.core.events.observed) return;
    this.over(this.releasedEvent(), sink, failure);
  }

  private failed(reason: LostReason, cause: unknown): void {
    const { extras } = this;
    this.sink?.remove(this);
    if (reason === 'expired') this.request.stray(this.grant);
    extras?.confirmation?.failed(reason, cause ?? extras.failure);
  }

  private tellLoss(reason: LostReason, told: unknown): void {
    // What runs out has failed to be renewed: that is the cause that somebody will look for.
    const cause = causeOf(told) ?? this.extras?.failure;
    const { clock } = this.core.runtime;
    // However late it is noticed, an expiry happened at its deadline.
    const late = reason === 'expired' ? Math.max(0, Math.floor(clock.elapsed() - this.deadline)) : 0;
    const sink = this.takeSink();
    this.stopTimer();
    // Planned before anybody is told: whoever asks for the same name at once does so after the release.
    const isOwed = reason === 'expired' && this.oweBack();
    this.over(loggable({ type: 'lost', name: this.name, at: clock.date() - late, lease: this, reason, cause }), sink);
    if (!isOwed || this.isRetained) this.settle();
  }

  // ------------------------------------------------------------------------------ those who keep it longer

  [RETAIN](): Retention {
    this.more().retentions++;
    return leaseRetention(this);
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

  /** Where all who keep it have given up on their work, nobody is left to renew it for. */
  private renewForTheLiving(): void {
    if (this.isGivenUp) this.core.keeper.setRenewal(this, false);
  }

  private get isGivenUp(): boolean {
    if (this.state !== State.Draining) return false;
    const { retentions, abandoned } = this.more();
    return abandoned > 0 && abandoned === retentions;
  }

  private get isRetained(): boolean {
    return this.extras !== undefined && this.extras.retentions > 0;
  }

  // ---------------------------------------------------------------------------------------- the release

  /** The answer takes its time: a caller of `release()` is let go before it comes. */
  slow(now: number): void {
    const { extras } = this;
    if (extras?.answered === undefined || extras.patience !== undefined) return;
    extras.patience = { due: 0, position: -1, ring: extras.answered };
    this.core.releases.timeouts.set(extras.patience, now + PATIENCE);
  }

  answered(outcome: Released['outcome'], cause: unknown): void {
    this.state = State.Gone;
    const { core, name } = this;
    if (core.events.observed) {
      const at = core.runtime.clock.date();
      // It may be here before its end was told.
      this.tell(() => {
        core.emit({ type: 'release', name, at, lease: this, outcome, cause: causeOf(cause) });
      });
    }
    this.settle();
  }

  /** Now, or when `minHold` has passed. Its holder is free of it in either case. */
  private giveBack(): void {
    const { keeper, backend, runtime } = this.core;
    const left = this.minHoldLeft();
    if (left === 0 || backend.features.minHold) {
      keeper.remove(this);
      if (left > 0) this.more().keepFor = left;
      this.sendBack();
      return;
    }
    this.state = State.Lingering;
    keeper.setRenewal(this, true);
    this.more().timer = runtime.scheduler.schedule(() => {
      this.state = State.Gone;
      keeper.remove(this);
      this.sendBack();
    }, left);
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
    const { core, extras } = this;
    this.stopTimer();
    if (extras?.patience !== undefined) core.releases.timeouts.clear(extras.patience);
    extras?.answered?.();
    core.changed();
  }

  // ----------------------------------------------------------------------------------------------- small

  private stopTimer(): void {
    this.extras?.timer?.unsubscribe();
  }

  private minHoldLeft(): number {
    const { minHold } = this.request.options;
    if (minHold === 0) return 0;
    return Math.max(0, Math.ceil(minHold - Math.floor(this.core.runtime.clock.elapsed() - this.granted)));
  }
}
