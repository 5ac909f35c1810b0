import type { Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal, Bounds } from '../../../contract/backend.js';
import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Acquire, Adopt } from '../../../native/from-client.js';
import type { Failed, Granted, HeldBy } from '../../../native/from-server.js';
import { SocketAsk, type AfterCut, type Answer } from '../client/socket-ask.js';
import { kindOf } from '../../../values/kind-of.js';
import { errorOfFailure } from '../wire/error-of.js';
import type { Desk } from './desk.js';
import { holderOf } from './holder-of.js';
import { LeaveAsk } from './leave-ask.js';
import { SocketGrant } from './socket-grant.js';

/** One attempt to get a lock. Who is in the queue stays there, over new connections too, until the session ends. */
export class SocketAcquiring extends SocketAsk {
  /** When it was sent that was answered with `queued`, on `clock.elapsed`; it was in the queue then. */
  private queuedAt: number | undefined = undefined;
  /** The connection has changed since it was sent, or it has been in the queue: it may have to be asked once more. */
  private isOld = false;
  private isCounted = false;
  /** When the message was sent that may be answered now. Over a cut it stays. */
  private sentAt = -Infinity;

  readonly #secret: string | undefined;

  /** @param secret Of a lock that is to be gone on with. */
  constructor(
    private readonly desk: Desk,
    private readonly request: AcquireRequest,
    private readonly sink: Subscriber<AcquireSignal>,
    secret?: string,
  ) {
    super();
    this.#secret = secret;
  }

  write(id: number): Acquire | Adopt {
    this.sentAt = this.at;
    this.isOld = false;
    const message = this.#secret === undefined ? this.acquire(id) : this.adopt(id, this.#secret);
    const holder = holderOf(this.request.holder);
    if (holder !== undefined && holder !== this.desk.holder.told) message.holder = holder;
    if (!this.isRenewed) message.renew = false;
    return message;
  }

  heard(answer: Answer): boolean {
    switch (answer.type) {
      case 'queued':
        this.queued(answer);
        return true;
      case 'position':
        if (!this.isPatient) return false;
        this.sink.next({ type: 'queued', position: answer.position });
        return true;
      case 'held':
        this.end();
        this.sink.next({ type: 'held', ...this.heldBy(answer) });
        this.sink.complete();
        return true;
      case 'granted':
        return this.granted(answer);
      case 'error':
        this.refused(answer);
        return true;
      default:
        return false;
    }
  }

  failed(error: LockError): void {
    this.count(false);
    this.leave();
    this.sink.error(error);
  }

  override cut(): AfterCut {
    this.isOld = true;
    return 'kept';
  }

  override end(): void {
    super.end();
    this.count(false);
  }

  /** Nobody waits for it any more. */
  unsubscribe(): void {
    if (this.isOver) return;
    this.desk.line.leave(this);
    this.leave();
  }

  /** The session that it was asked in is no more: it is asked again in the next. */
  again(): void {
    this.queuedAt = undefined;
    this.count(false);
    this.desk.line.again(this);
  }

  // ---------------------------------------------------------------------------------------------- answers

  private queued(answer: Extract<Answer, { readonly type: 'queued' }>): void {
    this.queuedAt = this.sentAt;
    this.isPatient = true;
    this.count(true);
    this.sink.next({ type: 'queued', position: answer.position, ...this.heldBy(answer) });
  }

  private granted({ id, token, news, metadata }: Granted): boolean {
    const { book, pulse, fencing } = this.desk;
    if (fencing && token === undefined) return false;
    const { name, limit, holder, ttl } = this.request;
    const text = this.#secret === undefined ? this.request.metadata : metadata;
    // Who was in the queue was so when that was answered, or a keep-alive since.
    const sentAt = this.queuedAt === undefined ? this.sentAt : Math.max(this.queuedAt, pulse.keptAt);
    const bound = { sentAt, ttl };
    const fence = fencing && token !== undefined ? BigInt(token) : undefined;
    const grant = new SocketGrant(name, kindOf(limit), fence, holder, text, id, this.isRenewed, news, bound);
    book.news = Math.max(book.news, news);
    book.add(grant);
    const isWanted = !this.sink.closed;
    this.end();
    pulse.arm();
    if (!isWanted) {
      this.request.stray(grant);
      return true;
    }
    this.tell(grant, grant.bounds);
    this.sink.complete();
    return true;
  }

  private tell(grant: SocketGrant, bounds: Bounds): void {
    if (this.#secret === undefined) this.sink.next({ type: 'granted', grant, bounds });
    else this.sink.next({ type: 'granted', grant, bounds, confirm: true });
  }

  private refused(failure: Failed): void {
    // The server does not know it: it never came there, or has run out.
    if (failure.code === 'gone' && (this.isOld || this.isPatient)) {
      this.again();
      return;
    }
    this.end();
    const { name, limit } = this.request;
    const what = this.#secret === undefined ? 'acquire' : 'adopt';
    const error = errorOfFailure(failure, { what, where: this.desk.where, kind: kindOf(limit), name });
    const isOdd = failure.code === 'gone' && this.#secret === undefined;
    this.sink.error(isOdd ? new LockNetworkError(error.message, { name }) : error);
  }

  // ------------------------------------------------------------------------------------------------- small

  private acquire(id: number): Mutable<Acquire> {
    const { name, ttl, wait, mode, limit, permits, metadata } = this.request;
    const message: Mutable<Acquire> = { type: 'acquire', id, name, ttl };
    if (wait) message.wait = true;
    if (mode !== undefined) message.mode = mode;
    if (limit !== undefined) message.limit = limit;
    if (limit !== undefined && permits !== undefined) message.permits = permits;
    if (metadata !== undefined) message.metadata = metadata;
    return message;
  }

  private adopt(id: number, secret: string): Mutable<Adopt> {
    const { name, ttl } = this.request;
    return { type: 'adopt', id, name, secret, ttl };
  }

  /** Only what the core renews is kept by keep-alives; all else is renewed when that is asked for. */
  private get isRenewed(): boolean {
    return this.request.keeping?.renew === true;
  }

  private heldBy({ holder, mode, expiresIn }: HeldBy): HeldOf {
    const expiresAt = expiresIn === undefined ? undefined : Math.floor(this.desk.clock.date() + expiresIn);
    return { holder, mode, expiresAt };
  }

  /** Whoever waits must be kept in the queue. */
  private count(isWaiting: boolean): void {
    if (this.isCounted === isWaiting) return;
    this.isCounted = isWaiting;
    const { book, pulse } = this.desk;
    if (isWaiting) book.kept.add(this.request.ttl);
    else book.kept.remove(this.request.ttl);
    pulse.arm();
  }

  /** What the server has heard of it is taken back, and what it has granted. */
  private leave(): void {
    const { line } = this.desk;
    if (this.id !== 0 && line.isOpen) line.ask(new LeaveAsk(this.id));
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type HeldOf = Omit<Extract<AcquireSignal, { readonly type: 'queued' }>, 'type' | 'position'>;
