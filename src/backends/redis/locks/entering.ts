import type { Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Timeout } from '../../../values/timeouts.js';
import { isPassing } from '../wire/error-of-reply.js';
import { listOf } from '../wire/list-of.js';
import type { Reply } from '../wire/port.js';
import { AcquireAsk, type AcquireContext } from './acquire-ask.js';
import { heldSignal, otherLimit, queuedSignal } from './acquire-signals.js';
import { QueuePlace } from './queue-place.js';
import { RedisGrant, textOf, type Title } from './redis-grant.js';
import { readShown } from './shown.js';
import { LIFE, type Verb } from './verbs.js';
import type { Waiter, Waiters } from './waiters.js';

/** What all who enter share. */
export interface EnteringContext extends AcquireContext {
  readonly waiting: Waiters;
}

/** What the answer to an entry begins with. */
const [HELD, GRANTED, QUEUED, OTHER_LIMIT] = [0, 1, 2, 3];

/**
 * One attempt to get a lock by the long way, on which one waits as well. Who has a place in the queue asks when he is told that it is his
 * turn, and from time to time.
 */
export class Entering extends AcquireAsk<EnteringContext> implements Waiter, Timeout {
  readonly keys: readonly string[];
  due = 0;
  position = -1;
  private readonly text: string;
  private readonly place: QueuePlace;
  /** It is asked, and not answered. */
  private isAsked = false;
  /** It was told to ask while it was asking. */
  private isToldMeanwhile = false;
  /** The last question was not answered. */
  private isDoubtful = false;
  /** Until then something that was not answered may still be granted, on `clock.elapsed`. */
  private lateUntil = 0;

  constructor(
    request: AcquireRequest,
    sink: Subscriber<AcquireSignal>,
    context: EnteringContext,
    title: Title,
    settled: () => void,
  ) {
    super(request, sink, context, title, settled);
    this.keys = context.desk.keys.all(request.name, this.kind);
    this.text = textOf(request.holder, request.metadata);
    this.place = new QueuePlace(context.desk);
  }

  get owner(): string {
    return this.title.owner;
  }

  get args(): readonly string[] {
    const { title, whole, text, place, request } = this;
    return [title.owner, title.need, String(whole), request.wait ? place.wanted : '0', place.patience, text];
  }

  start(): void {
    // Not itself: whoever prints his subscription would print the owner.
    this.sink.add(() => {
      this.unsubscribe();
    });
    if (!this.request.wait) {
      this.ask();
      return;
    }
    this.isAsked = true;
    this.context.waiting.listen((error) => {
      this.isAsked = false;
      if (error !== undefined) this.fail(error);
      else if (!this.isDone) this.ask();
    });
  }

  called(): void {
    this.place.called(this.context.desk.clock.elapsed());
    this.look();
  }

  look(): void {
    if (this.isAsked) this.isToldMeanwhile = true;
    else this.ask();
  }

  lookSoon(): void {
    const soon = this.place.behind();
    if (!this.isAsked) this.context.desk.timeouts.set(this, Math.min(this.due, soon));
  }

  ring(): void {
    this.look();
  }

  override failed(error: LockError, isSent: boolean): void {
    const { place, context } = this;
    const { clock, timeout } = context.desk;
    const isUnknown = isSent && !isPassing(error.cause);
    if (isUnknown) this.lateUntil = clock.elapsed() + timeout;
    this.isAsked = this.isSent = false;
    const isKnown = !isUnknown && !place.isTaken;
    if (this.isDone) {
      if (!isKnown && this.known === undefined) this.giveUp();
    } else if (place.isKept && isAway(error)) {
      this.askLater(error, isUnknown);
    } else {
      if (!isKnown) this.giveUp();
      this.fail(error);
    }
    this.settle();
  }

  override turnAway(error: LockError): void {
    if (this.isSent || (this.place.isTaken && !this.isDone)) this.giveUp();
    this.fail(error);
  }

  protected read(reply: Reply, sentAt: number, isReplicated: boolean): void {
    this.isAsked = this.isDoubtful = false;
    const [code, first, left, text] = listOf(reply);
    if (code === GRANTED) this.taken(first, sentAt, isReplicated);
    else if (code === QUEUED) this.queued(Number(first), Number(left), text, sentAt);
    else if (this.isDone) return;
    else if (code === OTHER_LIMIT) this.fail(otherLimit(this.request, first));
    else if (code === HELD) this.finish(heldSignal(this.context.desk.clock, readShown(text), Number(left)));
    else this.fail(this.nonsense());
  }

  protected override end(): void {
    this.context.desk.timeouts.clear(this);
    this.context.waiting.delete(this.key, this);
    super.end();
  }

  /** What was asked before, and not answered, may be granted as well. */
  protected override giveUp(): void {
    this.doubt(this.isSent || this.context.desk.clock.elapsed() < this.lateUntil);
  }

  private get key(): string {
    return this.keys[0] as string;
  }

  /** Nobody waits for it any more, or it is over. */
  private unsubscribe(): void {
    if (this.isOver) return;
    this.end();
    // Otherwise the answer tells what there is to give back.
    if (this.place.isTaken && !this.isSent) this.giveUp();
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
    // Only whom this client would have heard of, had he said a word, may be taken for dead.
    const isSure = clock.elapsed() - calls.inContactSince(this.key) >= LIFE;
    return isSure ? verbs.enter : verbs.enterGently;
  }

  /** The place is there as long as it is asked for. Where the connection alone was lost, the next one answers at once. */
  private askLater(cause: LockError, isUnknown: boolean): void {
    if (isUnknown && !this.isDoubtful) {
      this.isDoubtful = true;
      this.ask();
      return;
    }
    this.context.desk.timeouts.set(this, this.place.again());
    this.place.forget();
    this.sink.next({ type: 'queued', cause });
  }

  private taken(said: Reply | undefined, sentAt: number, isReplicated: boolean): void {
    const { place, title, lateUntil } = this;
    const { name, holder, metadata } = this.request;
    const { doubts, waiting } = this.context;
    // It was free at once.
    if (!place.isTaken) waiting.forget(this.key);
    place.isTaken = false;
    const token = this.tokenIn(said);
    if (token === undefined) return;
    const grant = new RedisGrant(name, holder, metadata, token, title, true);
    // It was asked for twice: the first question may still be granted, to nobody.
    if (lateUntil > 0) doubts.watch(grant, this.whole, lateUntil);
    this.granted(grant, sentAt, isReplicated);
  }

  private queued(position: number, left: number, text: Reply | undefined, sentAt: number): void {
    const { place } = this;
    const { desk, waiting } = this.context;
    if (this.isDone) {
      this.giveUp();
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
}

/** Could it not be asked? Of a server that has lost its data it is told when to come again. */
function isAway(error: LockError): boolean {
  return error instanceof LockNetworkError && error.retryAfter === undefined;
}
