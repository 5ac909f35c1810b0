import { Subscription, type Observer, type Subscriber } from 'rxjs';
import type { AcquireSignal } from '../contract/backend.js';
import { LockCapacityError, LockError, LockNetworkError, LockTimeoutError } from '../contract/errors.js';
import type { LockEvent, WaitingEvent } from '../contract/lease.js';
import type { Waiting } from '../core/core.js';
import type { LockRequest } from '../core/lock-request.js';
import { watchSelf } from '../core/watch-self.js';
import type { Stop } from '../core/stop.js';
import type { HeldLease } from '../lease/held-lease.js';
import { endStream } from '../values/end-stream.js';
import { errorOf } from '../values/error-of.js';
import { abortReason } from '../values/abort-reason.js';
import { onAbort } from '../values/on-abort.js';
import { Telling } from '../values/telling.js';
import { Attempt } from './attempt.js';
import { keepTrying$, type Trier } from './keep-trying.js';
import { Outage } from './outage.js';
import { Refusal } from './refusal.js';
import { WaitRecord } from './wait-record.js';

type Queued = Extract<AcquireSignal, { readonly type: 'queued' }>;

/** One wait for a lock, from subscription (or loss) to grant: what it has seen, and what may end it early. */
export class Contender implements Trier, Observer<HeldLease>, Waiting {
  spot = -1;
  /** When the wait began, on `clock.elapsed`. Who is granted the lock at once has not waited. */
  private since: number | undefined;
  private attempts = 1;
  /** Has the service ever answered? Else a time-out is an outage. */
  private heard = false;
  private failure: LockError | undefined;
  /** By what was last heard of whoever has it. */
  private held: Refusal | undefined;
  private told: string | undefined;
  /** What ends with the wait: its timer, its listener, its place among the contenders. */
  private waiting: Subscription | undefined;
  /** It may be in its own way, for ever. */
  private isSuspect = false;
  private settled = false;
  /** While the service is out of reach. */
  private outage: Outage | undefined;
  private record: WaitRecord | undefined;
  /** What is told of it, in order. Made for those who wait: the grant may come while they are told so. */
  private telling: Telling<() => void> | undefined;

  /** @param stop The `until` of the subscriber. */
  constructor(
    readonly request: LockRequest,
    readonly sink: Subscriber<LockEvent>,
    private readonly stop: Stop | undefined,
  ) {}

  /** It was granted, called off, or left. */
  get isOver(): boolean {
    return this.settled || this.sink.closed;
  }

  wants(): boolean {
    return !this.isOver && !this.isCalledOff();
  }

  /**
   * Asks the service once, directly.
   *
   * @param isLater In a turn of its own: whoever is granted a lock and loses it within one call would let nothing else happen.
   */
  start(isLater = false): void {
    if (!this.wants()) return;
    this.stop?.set((failure) => {
      this.end(failure);
    });
    this.record = WaitRecord.of(this.request, this.sink);
    if (!isLater) {
      this.ask();
      return;
    }
    // Closed, cancelled or stopped meanwhile, it ends at once.
    this.wait();
    this.after(0, () => {
      this.ask();
    });
  }

  private ask(): void {
    const asking = new Attempt(this, this).start();
    if (!asking.closed) this.sink.add(asking);
    if (!this.isOver) this.wait();
  }

  /** Ends the wait if the locks are closed or it was cancelled. */
  private isCalledOff(): boolean {
    const { core, options, title } = this.request;
    if (core.closed) this.fail(core.closedError(title));
    else if (options.signal?.aborted === true) this.fail(abortReason(options.signal));
    else if (this.stop?.isStopped === true) this.end(this.stop.failure);
    else return false;
    return true;
  }

  /** Somebody has it, and the service remembers us. */
  queued({ position, holder, mode, expiresAt, cause }: Queued): void {
    if (cause instanceof LockError && this.request.options.wait !== false) {
      // It has a place, as far as is known.
      this.outOfReach(cause);
      return;
    }
    const refusal = Refusal.held({ type: 'held', holder, mode, expiresAt });
    // The service was not asked to have anybody wait. Leaving takes us out of its queue.
    if (this.request.options.wait === false) this.refused(refusal);
    else this.heldByOthers(refusal, { position });
  }

  // The observer of the first attempt, and of `keepTrying$` after that.

  next(lease: HeldLease): void {
    this.settle();
    this.outage?.over();
    lease.give(this.stop);
    if (this.telling === undefined) lease.announce(this.sink, this.since, this.record);
    else {
      this.telling.tell(() => {
        // Who was stopped before he was told of it is told of nothing more; it is on its way back.
        if (this.stop?.isStopped === true) endStream(this.sink, this.stop.failure);
        else lease.announce(this.sink, this.since, this.record);
      });
    }
  }

  error(error: unknown): void {
    if (error instanceof Refusal) this.refused(error);
    else this.fail(error);
  }

  complete(): void {
    // A grant has come; its lease ends the stream.
  }

  /** The first attempt has failed. */
  private refused(refusal: Refusal): void {
    if (this.isOver) return;
    if (this.request.options.wait === false) {
      this.fail(refusal.toError(this.request));
      return;
    }
    // Before anybody is told that it waits, which may be why it is cancelled, and before the service can grant it again.
    this.wait();
    if (!this.isOver) this.sink.add(keepTrying$(this, refusal).subscribe(this));
  }

  tryAgain(): void {
    this.attempts++;
  }

  judge(refusal: Refusal): number {
    const { core, options } = this.request;
    const { retry } = options;
    if (refusal.isFinal || this.attempts > retry.count) throw refusal.toError(this.request);
    const { cause, notBefore } = refusal;
    const patience = Math.min(retry.delay(this.attempts, core.runtime.random), refusal.notAfter);
    const retryIn = Math.max(patience, notBefore);
    if (cause === undefined) this.heldByOthers(refusal, { retryIn });
    else {
      // An error that tells when to come back, or that there is no room, was told by the service itself.
      if (notBefore > 0 || cause instanceof LockCapacityError) this.heard = true;
      this.failure = cause;
      this.outOfReach(cause, retryIn);
    }
    return retryIn;
  }

  private outOfReach(cause: LockError, retryIn?: number): void {
    const { core, title } = this.request;
    this.tell({ attempt: this.attempts, retryIn, cause });
    (this.outage ??= new Outage(core)).goesOn(title, cause, retryIn ?? 0);
  }

  /** The service has answered: when it is asked again, or the place in its queue. */
  private heldByOthers(refusal: Refusal, next: Pick<WaitingEvent, 'retryIn' | 'position'>): void {
    this.heard = true;
    this.outage?.over();
    this.outage = undefined;
    this.held = refusal;
    const { holder, mode, expiresAt: epoch } = refusal.held ?? {};
    const expiresAt = epoch === undefined ? undefined : new Date(epoch);
    this.tell({ holder, mode, expiresAt, attempt: this.attempts, ...next });
  }

  /** Ends the wait, and the stream with an error. */
  fail(error: unknown): void {
    this.end({ error });
  }

  /** Ends the wait, at once, and the stream, as soon as nothing else is being told. */
  private end(failure?: { readonly error: unknown }): void {
    if (this.isOver) return;
    this.settle();
    const tell = (): void => {
      const { core, title } = this.request;
      // Who has left meanwhile is told nothing, and nothing is told of him.
      if (this.sink.closed) return;
      if (failure !== undefined) {
        const error = errorOf(failure.error);
        this.record?.failed(error);
        core.emit({
          type: 'error',
          name: title,
          at: core.runtime.clock.date(),
          error,
          contender: this.record?.contender,
        });
      }
      endStream(this.sink, failure);
    };
    if (this.telling === undefined) tell();
    else this.telling.tell(tell);
  }

  /** It was not granted at once. */
  private wait(): void {
    const { core, options } = this.request;
    // Being told that it waits may be why somebody has closed or cancelled it.
    if (this.waiting !== undefined || this.isCalledOff()) return;
    this.since = Math.floor(core.runtime.clock.elapsed());
    this.waiting = new Subscription(() => core.contenders.delete(this));
    this.sink.add(this.waiting);
    core.contenders.add(this);
    this.suspectSelf();
    const { wait, signal } = options;
    if (typeof wait === 'number') {
      this.after(wait, () => {
        this.fail(this.timeoutError(wait));
      });
    }
    if (signal === undefined) return;
    const abort = (): void => {
      this.fail(abortReason(signal));
    };
    this.waiting.add(onAbort(signal, abort));
  }

  /** Unless the wait is over before that. */
  private after(milliseconds: number, act: () => void): void {
    this.waiting?.add(this.request.core.runtime.scheduler.schedule(act, milliseconds));
  }

  private settle(): void {
    this.settled = true;
    if (this.waiting === undefined) return;
    this.sink.remove(this.waiting);
    this.waiting.unsubscribe();
  }

  /** Emits `waiting`, if it differs from the last one in more than the passing of time. */
  private tell(seen: Omit<WaitingEvent, 'type' | 'name' | 'at' | 'self'>): void {
    const { core, title } = this.request;
    const { holder, mode, position, cause } = seen;
    const told = `${holder ?? ''}\n${mode ?? ''}\n${String(position)}\n${cause?.code ?? ''}`;
    if (told === this.told) return;
    this.told = told;
    const isOurs = cause === undefined && this.isOurs(holder);
    // What is only on its way back, or was granted to nobody, is no deadlock; nor are the places of a semaphore.
    if (isOurs) this.suspectSelf();
    const event: WaitingEvent = { type: 'waiting', name: title, at: core.runtime.clock.date(), ...seen, self: isOurs };
    this.telling ??= new Telling((tell) => {
      tell();
    });
    this.telling.tell(() => {
      if (this.sink.closed) return;
      core.emit(this.record === undefined ? event : { ...event, contender: this.record.contender });
      this.sink.next(event);
    });
  }

  /** Has a wait without end watched if it is in its own way: not one for a place of a semaphore, nor for what is on its way back. */
  private suspectSelf(): void {
    const { core, name, ttl, limit, options } = this.request;
    if (this.waiting === undefined || this.isSuspect || options.wait !== true) return;
    if (limit !== undefined || !core.holds(name)) return;
    this.isSuspect = true;
    this.waiting.add(watchSelf(core, name, ttl));
  }

  /** Has this very `Locks` got it? Of a semaphore, so many permits that those of others are not enough. */
  private isOurs(holder: string | undefined): boolean {
    const { core, limit, permits, resource } = this.request;
    if (limit === undefined) return core.keeper.oneOf(resource) !== undefined || holder === core.holder;
    return core.keeper.permits(resource) > limit - permits;
  }

  private timeoutError(wait: number): unknown {
    const { title: name, subject } = this.request;
    const { heard, failure } = this;
    const held = this.held?.toError(this.request);
    const failed = held === undefined && (!heard || failure instanceof LockCapacityError) ? failure : undefined;
    // Where only the message is logged, it tells where nobody answered, or who has no room.
    const why = failed === undefined ? '' : `: ${failed.message}`;
    const cause = held ?? failed;
    const more = { name, ...(cause === undefined ? {} : { cause }) };
    return heard
      ? new LockTimeoutError(`${subject} was not granted within ${String(wait)} ms${why}`, more)
      : new LockNetworkError(`no answer about ${subject} within ${String(wait)} ms${why}`, more);
  }
}
