import type { Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Kind } from '../../../values/kind-of.js';
import { called, isPassing } from '../wire/error-of-reply.js';
import type { Reply } from '../wire/port.js';
import type { RedisAttempt } from './attempts.js';
import type { Desk } from './desk.js';
import type { Doubts, Known } from './doubts.js';
import type { Ask } from './outbox.js';
import { kindOf, type RedisGrant, type Title } from './redis-grant.js';
import { tokenOf } from './token-of.js';
import type { Verb } from './verbs.js';

/** What all attempts on one Redis share. */
export interface AcquireContext {
  readonly desk: Desk;
  readonly doubts: Doubts;
}

/**
 * One attempt to get a lock, in whatever way: by one question, unless it asks again. What may be granted to it without anybody's
 * knowing it is given back.
 */
export abstract class AcquireAsk<C extends AcquireContext = AcquireContext> implements Ask, RedisAttempt {
  readonly what: string = 'acquire';
  spot = -1;
  abstract readonly keys: readonly string[];
  abstract readonly args: readonly string[];
  /** It was sent, and is not answered. */
  protected isSent = false;
  protected isOver = false;
  /** Only if it was not waited for: its answer is there. */
  protected known: Known | undefined = undefined;

  constructor(
    protected readonly request: AcquireRequest,
    protected readonly sink: Subscriber<AcquireSignal>,
    protected readonly context: C,
    /** What it is to have. */
    protected readonly title: Title,
    /** It is over, and nothing that it asked for is on its way. */
    protected readonly settled: () => void,
  ) {}

  abstract start(): void;

  get name(): string {
    return this.request.name;
  }

  get kind(): Kind {
    return kindOf(this.title.need);
  }

  get isUnwanted(): boolean {
    return this.isDone;
  }

  sent(): void {
    this.isSent = true;
  }

  answered(reply: Reply, sentAt: number, isReplicated: boolean): void {
    this.isSent = false;
    this.known?.();
    this.read(reply, sentAt, isReplicated);
    this.settle();
  }

  failed(error: LockError, isSent: boolean): void {
    this.isSent = false;
    if (isSent && this.known === undefined && !isPassing(error.cause)) this.doubt(true);
    this.fail(error);
    this.settle();
  }

  turnAway(error: LockError): void {
    if (this.isSent) this.giveUp();
    this.fail(error);
  }

  /** Takes an answer for what it is. */
  protected abstract read(reply: Reply, sentAt: number, isReplicated: boolean): void;

  protected get isDone(): boolean {
    return this.isOver || this.sink.closed;
  }

  /** How long it is taken if it is not given back. Milliseconds. */
  protected get whole(): number {
    return this.request.ttl + this.context.desk.lockDelay;
  }

  protected granted(grant: RedisGrant, sentAt: number, isReplicated: boolean, confirm?: true): void {
    const { name, ttl } = this.request;
    if (this.isDone) this.request.stray(grant);
    else if (!isReplicated) {
      this.giveUp();
      this.fail(new LockNetworkError(`too few replicas have ${called(this)} in time; it was given back`, { name }));
    } else {
      this.context.desk.tracking?.add(grant, sentAt);
      const granted = { type: 'granted', grant, bounds: [{ sentAt, ttl }] } as const;
      this.finish(confirm === undefined ? granted : { ...granted, confirm });
    }
  }

  protected finish(signal: AcquireSignal): void {
    this.end();
    this.sink.next(signal);
    this.sink.complete();
  }

  protected fail(error: LockError): void {
    if (this.isDone) return;
    this.end();
    this.sink.error(error);
  }

  /** Asks by one verb. It is over when nobody waits for it any more. */
  protected askBy(verb: Verb): void {
    // Not itself: whoever prints his subscription would print the owner.
    this.sink.add(() => {
      this.settle();
    });
    this.context.desk.outbox.add(verb, this);
  }

  /** @returns The fencing token that an answer grants. Without one that can be read it is over, and what was granted is given back. */
  protected tokenIn(said: Reply | undefined): bigint | undefined {
    const token = tokenOf(said);
    if (token !== undefined) return token;
    this.giveUp();
    this.fail(this.nonsense());
    return undefined;
  }

  protected nonsense(): LockError {
    return this.context.desk.calls.nonsense(this.keys[0]);
  }

  /** It is over, as nobody waits for it, or all is told. */
  protected end(): void {
    this.isOver = true;
    this.settle();
  }

  protected settle(): void {
    if (this.isDone && !this.isSent) this.settled();
  }

  /** Gives back what it has, or may still get. */
  protected giveUp(): void {
    this.doubt(this.isSent);
  }

  /** It may have the lock, or a place in the queue: that is given back. @param isUnanswered What was asked for may still be granted. */
  protected doubt(isUnanswered: boolean): void {
    this.known = this.context.doubts.add(this.name, this.title, this.whole, isUnanswered);
  }
}
