import type { Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Timeout } from '../../../values/timeouts.js';
import { isPassing } from '../wire/error-of-reply.js';
import { listOf } from '../wire/list-of.js';
import type { Reply } from '../wire/port.js';
import { heldSignal, otherLimit, queuedSignal } from './acquire-signals.js';
import type { Desk } from './desk.js';
import type { Doubts, Known } from './doubts.js';
import type { Ask } from './outbox.js';
import { QueuePlace } from './queue-place.js';
import { kindOf, needOf, RedisGrant, textOf, type Need } from './redis-grant.js';
import { readShown } from './shown.js';
import { tokenOf } from './token-of.js';
import { LIFE, type Verb } from './verbs.js';
import type { Waiter, Waiters } from './waiters.js';

/** What all attempts share. */
export interface RedisAcquiringContext {
  readonly desk: Desk;
  readonly waiting: Waiters;
  readonly doubts: Doubts;
}

/** What the answer to an entry begins with. */
const [HELD, GRANTED, QUEUED, OTHER_LIMIT] = [0, 1, 2, 3];

/**
 * One attempt to get a lock. It takes what is free by the short way; whoever finds it taken, or wants what several can have, enters by
 * the long one, on which he waits as well. From then on he asks when he is told that it is his turn, and from time to time.
 */
export class RedisAcquiring implements Ask, Waiter, Timeout {
  readonly what = 'acquire the lock';
  readonly owner: string;
  spot = -1;
  due = 0;
  position = -1;
  private readonly need: Need;
  private readonly text: string;
  private readonly key: string;
  /** Its keys on the short way, which only who wants a lock alone goes. */
  private readonly two: readonly string[];
  /** It is asked, and not answered. */
  private isAsked = false;
  /** That has been sent. */
  private isSent = false;
  /** Only if it asks by the long way. */
  private place: QueuePlace | undefined;
  /** It was told to ask while it was asking. */
  private isToldMeanwhile = false;
  /** The last question was not answered. */
  private isDoubtful = false;
  /** Until then something that was not answered may still be granted, on `clock.elapsed`. */
  private lateUntil = 0;
  private isOver = false;
  /** Only if it was not waited for: its answer is there. */
  private known: Known | undefined;

  constructor(
    private readonly request: AcquireRequest,
    private readonly sink: Subscriber<AcquireSignal>,
    private readonly context: RedisAcquiringContext,
    /** It is over, and nothing that it asked for is on its way. */
    private readonly settled: () => void,
  ) {
    const { desk } = context;
    const { holder, metadata } = request;
    this.owner = desk.owners.next();
    this.need = needOf(request);
    this.text = textOf(holder, metadata);
    this.two = this.need === 'x' ? desk.keys.two(request.name) : [];
    this.key = this.two[0] ?? desk.keys.main(request.name, kindOf(this.need));
  }

  get name(): string {
    return this.request.name;
  }

  get keys(): readonly string[] {
    return this.place === undefined ? this.two : this.context.desk.keys.all(this.name, kindOf(this.need));
  }

  get args(): readonly string[] {
    const { owner, need, text, place } = this;
    const { ttl, wait } = this.request;
    const whole = String(ttl + this.context.desk.lockDelay);
    return place === undefined
      ? [owner, whole, text]
      : [owner, need, whole, wait ? place.wanted : '0', place.patience, text];
  }

  get isUnwanted(): boolean {
    return this.isDone;
  }

  start(): void {
    // Not itself: whoever prints his subscription would print the owner.
    this.sink.add(() => {
      this.unsubscribe();
    });
    // Others of this client wait for it: there is nothing to take.
    if (this.need !== 'x' || this.context.waiting.has(this.key)) this.enter();
    else this.ask();
  }

  called(): void {
    this.place?.called(this.context.desk.clock.elapsed());
    this.look();
  }

  look(): void {
    if (this.isAsked) this.isToldMeanwhile = true;
    else this.ask();
  }

  lookSoon(): void {
    const soon = this.place?.behind() ?? Infinity;
    if (!this.isAsked) this.context.desk.timeouts.set(this, Math.min(this.due, soon));
  }

  ring(): void {
    this.look();
  }

  sent(): void {
    this.isSent = true;
  }

  answered(reply: Reply, sentAt: number, isReplicated: boolean): void {
    this.isAsked = this.isSent = this.isDoubtful = false;
    this.known?.();
    if (this.place === undefined) this.answeredShort(reply, sentAt, isReplicated);
    else this.answeredLong(this.place, listOf(reply), sentAt, isReplicated);
    this.settle();
  }

  failed(error: LockError, isSent: boolean): void {
    const { clock, timeout, timeouts } = this.context.desk;
    const isRefused = isPassing(error.cause);
    const isUnknown = isSent && !isRefused;
    if (isUnknown) this.lateUntil = clock.elapsed() + timeout;
    this.isAsked = this.isSent = false;
    const isKnown = !isUnknown && !this.isPlaced;
    if (this.isDone) {
      if (!isKnown && this.known === undefined) this.doubt();
    } else if (isRefused && this.place?.isKept === true) {
      // It is there as long as it is asked for.
      timeouts.set(this, this.place.again());
    } else if (this.isPlaced && !this.isDoubtful && error instanceof LockNetworkError) {
      // The place in the queue is still there if the connection alone was lost.
      this.isDoubtful = true;
      this.ask();
    } else {
      if (!isKnown) this.doubt();
      this.fail(error);
    }
    this.settle();
  }

  /** Turns it away: what it may have, or may still get, is given back. */
  turnAway(error: LockError): void {
    if (this.isSent || (this.isPlaced && !this.isDone)) this.doubt();
    this.fail(error);
  }

  private fail(error: LockError): void {
    if (this.isDone) return;
    this.end();
    this.sink.error(error);
  }

  /** Nobody waits for it any more, or it is over. */
  unsubscribe(): void {
    if (this.isOver) return;
    this.end();
    // Otherwise the answer tells what there is to give back.
    if (this.isPlaced && !this.isSent) this.doubt();
  }

  private get isPlaced(): boolean {
    return this.place?.isTaken === true;
  }

  private get isDone(): boolean {
    return this.isOver || this.sink.closed;
  }

  /** From now on it asks by the long way. */
  private enter(): void {
    this.place ??= new QueuePlace(this.context.desk);
    if (!this.request.wait) this.ask();
    else {
      this.isAsked = true;
      this.context.waiting.listen((error) => {
        this.isAsked = false;
        if (error !== undefined) this.fail(error);
        else if (!this.isDone) this.ask();
      });
    }
  }

  private ask(): void {
    const { outbox, timeouts } = this.context.desk;
    timeouts.clear(this);
    this.isAsked = true;
    this.isToldMeanwhile = false;
    outbox.add(this.verb, this);
  }

  private get verb(): Verb {
    const { calls, clock, verbs } = this.context.desk;
    if (this.place === undefined) return verbs.acquire;
    return clock.elapsed() - calls.disturbedAt < LIFE ? verbs.enterGently : verbs.enter;
  }

  private answeredShort(reply: Reply, sentAt: number, isReplicated: boolean): void {
    if (typeof reply === 'string') this.granted(reply, sentAt, isReplicated);
    else if (this.isDone) return;
    else if (reply === 0 || this.request.wait) this.enter();
    else {
      const [text, left] = listOf(reply);
      this.held(`x:${String(text)}`, left);
    }
  }

  private answeredLong(place: QueuePlace, reply: readonly Reply[], sentAt: number, isReplicated: boolean): void {
    const [code, first, left, text] = reply;
    if (code === GRANTED) {
      // It was free at once.
      if (!place.isTaken) this.context.waiting.forget(this.key);
      this.granted(first, sentAt, isReplicated);
    } else if (code === QUEUED) this.queued(place, Number(first), Number(left), text, sentAt);
    else if (this.isDone) return;
    else if (code === OTHER_LIMIT) this.fail(otherLimit(this.request, first));
    else if (code === HELD) this.held(text, left);
    else this.fail(this.context.desk.calls.nonsense(this.key));
  }

  private granted(token: Reply | undefined, sentAt: number, isReplicated: boolean): void {
    const { name, ttl, holder, metadata } = this.request;
    const { owner, need, place } = this;
    if (place !== undefined) place.isTaken = false;
    const fencingToken = tokenOf(token);
    if (fencingToken === undefined) {
      this.doubt();
      this.fail(this.context.desk.calls.nonsense(this.key));
      return;
    }
    const grant = new RedisGrant(name, holder, metadata, fencingToken, { owner, need }, place !== undefined);
    if (this.lateUntil > 0) this.watch(grant);
    if (this.isDone) this.request.stray(grant);
    else if (!isReplicated) {
      this.doubt();
      this.fail(new LockNetworkError(`too few replicas have the lock '${name}' in time; it was given back`, { name }));
    } else {
      this.context.desk.tracking?.add(grant, sentAt);
      this.finish({ type: 'granted', grant, bounds: [{ sentAt, ttl }] });
    }
  }

  /** It was asked for twice: the first question may still be granted, to nobody. */
  private watch(grant: RedisGrant): void {
    const { desk, doubts } = this.context;
    doubts.watch(grant, this.request.ttl + desk.lockDelay, this.lateUntil);
  }

  private queued(place: QueuePlace, position: number, left: number, text: Reply | undefined, sentAt: number): void {
    const { desk, waiting } = this.context;
    if (this.isDone) {
      this.doubt();
      return;
    }
    if (!place.isTaken) waiting.add(this.key, this);
    place.taken(sentAt);
    if (position === 0) place.called(sentAt);
    const shown = readShown(text);
    if (place.isNews(position, shown.holder)) this.sink.next(queuedSignal(desk.clock, shown, left, position));
    if (this.isDone || this.isAsked) return;
    if (this.isToldMeanwhile) this.ask();
    else desk.timeouts.set(this, place.next(position, left));
  }

  private held(text: unknown, left: Reply | undefined): void {
    this.finish(heldSignal(this.context.desk.clock, readShown(text), Number(left)));
  }

  private finish(signal: AcquireSignal): void {
    this.end();
    this.sink.next(signal);
    this.sink.complete();
  }

  private end(): void {
    this.isOver = true;
    this.context.desk.timeouts.clear(this);
    if (this.place !== undefined) this.context.waiting.delete(this.key, this);
    this.settle();
  }

  private settle(): void {
    if (this.isDone && !this.isSent) this.settled();
  }

  /** It may have a place in the queue, or the lock: that is given back. */
  private doubt(): void {
    const { name, owner, need, request, context } = this;
    const isUnanswered = this.isSent || context.desk.clock.elapsed() < this.lateUntil;
    this.known = context.doubts.add(name, { owner, need }, request.ttl + context.desk.lockDelay, isUnanswered);
  }
}
