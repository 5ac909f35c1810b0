import type { Subscriber } from 'rxjs';
import { LockClosedError, type LockError } from '../../../contract/errors.js';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import { errorOf, isRefusal, readGrant, type Granted } from '../wire/answer.js';
import type { Asker } from './asker.js';
import type { DflockdBook, Wanted } from './book.js';
import { titleOf, tryLine } from '../wire/commands.js';
import type { Connection } from '../wire/connection.js';
import { Question } from '../wire/question.js';
import type { Queue } from './queue.js';
import type { ServerConnections } from '../client/server-connections.js';

/** What all attempts of one server share. */
export interface AcquiringContext {
  readonly book: DflockdBook;
  readonly queue: Queue;
  readonly server: ServerConnections;
}

/**
 * One attempt to get a lock. It tries on the connection that all share, which never waits; who must wait does so on a
 * connection of his own, which owns the lock from then on.
 */
export class Acquiring extends Question implements Asker {
  /** The connection that is asked at this moment. */
  private connection: Connection | undefined;
  /** The connection that is told if nobody waits any more. */
  private left: Connection | undefined;
  private isRepeated = false;
  /** Its end was told. */
  private isOver = false;

  constructor(
    readonly request: AcquireRequest,
    private readonly sink: Subscriber<AcquireSignal>,
    readonly wanted: Wanted,
    private readonly context: AcquiringContext,
  ) {
    super();
  }

  start(): void {
    const { request, wanted, context } = this;
    const { book, queue, server } = context;
    // Others of this client are in its queue: there is nothing to try.
    if (request.wait && queue.has(wanted.key)) this.enqueue();
    // Behind one that is being given back on a connection of its own, it would find that still held.
    else this.try(book.findLeaving(wanted.key) ?? server.forLocks());
  }

  answered(line: string): boolean {
    const granted = readGrant(line);
    if (granted !== undefined) {
      this.grant(granted, this.connection as Connection, this.sentAt, false);
      return true;
    }
    if (line === 'timeout') {
      this.refused();
      return true;
    }
    if (!isRefusal(line)) return false;
    // Who only tries takes a place in the queue for a moment, and there was none.
    if (line === 'error_max_waiters' && !this.request.wait) this.held();
    else this.refuse(line);
    return true;
  }

  failed(error: LockError): void {
    const { connection } = this;
    const isStale = connection?.hasAnswered === true && !this.isLate && !this.isRepeated;
    if (!isStale || this.isDone || error instanceof LockClosedError) {
      this.fail(error);
      return;
    }
    // The server may have closed it while nobody looked: what it did before it closed is undone.
    this.isRepeated = true;
    this.attempt(() => {
      this.try(this.context.server.forLocks());
    });
  }

  override late(error: LockError): void {
    this.fail(error);
  }

  override isWanted(): boolean {
    return !this.isDone;
  }

  get isDone(): boolean {
    return this.isOver || this.sink.closed;
  }

  connect(): Connection {
    return this.context.server.forWaiter();
  }

  whenDone(run: () => void): void {
    this.sink.add(run);
  }

  held(): void {
    this.end({ type: 'held' });
  }

  queued(): void {
    this.sink.next({ type: 'queued' });
  }

  grant(granted: Granted, connection: Connection, sentAt: number, isDoubtful: boolean): void {
    const { book } = this.context;
    const holding = book.enter(this.wanted, granted, connection, sentAt, isDoubtful);
    const { grant } = holding;
    if (this.isDone) this.request.stray(grant);
    else if (isDoubtful) this.end({ type: 'granted', grant, bounds: book.tell(holding), confirm: true });
    else this.end({ type: 'granted', grant, bounds: book.tell(holding) });
  }

  refuse(line: string): void {
    this.fail(this.error(line));
  }

  error(line: string): LockError {
    const { name, limit } = this.request;
    return errorOf(line, {
      what: `acquire ${titleOf(this.wanted.kind, name)}`,
      where: this.context.server.where,
      name,
      limit,
    });
  }

  fail(error: LockError): void {
    if (this.isDone) return;
    this.isOver = true;
    this.sink.error(error);
  }

  private end(signal: AcquireSignal): void {
    if (this.isDone) return;
    this.isOver = true;
    this.sink.next(signal);
    this.sink.complete();
  }

  private try(connection: Connection): void {
    const { key, seconds } = this.wanted;
    this.connection = connection;
    connection.send(this, tryLine(key, seconds, this.request.limit), true);
    this.leaveWith(connection);
  }

  leaveWith(connection: Connection): void {
    if (this.left === undefined) this.sink.add(this);
    this.left = connection;
  }

  /** Nobody waits for it any more, or it is over. Called by RxJS. */
  unsubscribe(): void {
    if (!this.isOver) this.left?.doubt();
  }

  private refused(): void {
    if (this.isDone) return;
    if (!this.request.wait) this.held();
    else this.enqueue();
  }

  private enqueue(): void {
    this.attempt(() => {
      this.context.queue.enter(this);
    });
  }

  /** A token that cannot be sent ends the attempt, and nothing else. */
  private attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(error as LockError);
    }
  }
}
