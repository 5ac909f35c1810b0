import type { LockError } from '../../errors.js';
import { isRefusal, readGrant } from './answer.js';
import type { Attempt } from './attempt.js';
import { enqueueLine, FOREVER, waitLine } from './commands.js';
import type { Connection } from './connection.js';
import { Question } from './question.js';

/**
 * So many places of one key may be left, and wait for their turn to be given back. Whoever comes then gets one of them:
 * one who comes and leaves again and again must not fill the queue.
 */
const MAX_LEFT = 4;

/** Who of this client waits in the servers' queues, each on a connection of its own. */
export class Queue {
  /** By key: the places that this client has. */
  private readonly places = new Map<string, Set<Waiting>>();

  /** Is somebody of this client in the queue of this key? */
  has(key: string): boolean {
    return this.places.size > 0 && this.places.has(key);
  }

  /** Takes a place, or one that was left. */
  enter(attempt: Attempt): void {
    const { wanted, request, context } = attempt;
    const left = this.findLeft(wanted.key, request.limit);
    if (left !== undefined) left.resume(attempt);
    else new Enqueuing(this, attempt, context.server.forWaiter()).start();
  }

  /** @internal */
  add(key: string, waiting: Waiting): void {
    const places = this.places.get(key);
    if (places === undefined) this.places.set(key, new Set([waiting]));
    else places.add(waiting);
  }

  /** @internal */
  remove(key: string, waiting: Waiting): void {
    const places = this.places.get(key);
    places?.delete(waiting);
    if (places?.size === 0) this.places.delete(key);
  }

  private findLeft(key: string, limit: number | undefined): Waiting | undefined {
    const left: Waiting[] = [];
    for (const place of this.places.get(key) ?? []) if (place.isLeft) left.push(place);
    return left.length < MAX_LEFT ? undefined : left.findLast((place) => place.limit === limit);
  }
}

/** Takes a place in the queue. */
class Enqueuing extends Question {
  constructor(
    private readonly queue: Queue,
    private readonly attempt: Attempt,
    private readonly connection: Connection,
  ) {
    super();
  }

  start(): void {
    const { wanted, request } = this.attempt;
    this.connection.send(this, enqueueLine(wanted.key, wanted.seconds, request.limit));
  }

  answered(line: string): boolean {
    const { attempt, connection, queue } = this;
    if (line === 'queued') {
      if (!attempt.isDone) attempt.queued();
      if (attempt.isDone) new Leaving(attempt, connection, this.sentAt).start();
      else new Waiting(queue, attempt, connection, this.sentAt).start();
      return true;
    }
    const granted = readGrant(line);
    if (granted !== undefined) {
      attempt.grant(granted, connection, this.sentAt, false);
      return true;
    }
    if (!isRefusal(line)) return false;
    // Of a lock that ran out before, the server keeps the place; it goes with the connection, which owns nothing.
    if (line === 'error_already_enqueued') connection.close(attempt.error(line));
    attempt.refuse(line);
    return true;
  }

  failed(error: LockError): void {
    this.attempt.fail(error);
  }
}

/** Has a place in the queue, and wants to know what became of it. */
abstract class Placed extends Question {
  constructor(
    protected attempt: Attempt,
    protected readonly connection: Connection,
    /** When the place in the queue was asked for. */
    private readonly queuedAt: number,
  ) {
    super();
  }

  answered(line: string): boolean {
    const granted = readGrant(line);
    if (granted === undefined && line !== 'timeout' && !isRefusal(line)) return false;
    this.ended();
    if (granted !== undefined) this.attempt.grant(granted, this.connection, this.queuedAt, true);
    // Its time ran out in the queue, or the server forgot the place: as good as never asked.
    else this.attempt.held();
    return true;
  }

  failed(error: LockError): void {
    this.ended();
    this.attempt.fail(error);
  }

  protected abstract ended(): void;
}

/** Leaves the queue before the wait. */
class Leaving extends Placed {
  start(): void {
    const { kind, key } = this.attempt.wanted;
    this.connection.send(this, waitLine(kind, key, 0));
  }

  protected ended(): void {
    // A grant that came first is given back.
  }
}

/** Waits in the queue. */
class Waiting extends Placed {
  override readonly isPatient = true;
  /** Nobody waits any more, but the place is there: the server lets nobody leave. */
  isLeft = false;
  private isOver = false;

  constructor(
    private readonly queue: Queue,
    attempt: Attempt,
    connection: Connection,
    queuedAt: number,
  ) {
    super(attempt, connection, queuedAt);
  }

  /** Of the semaphore. */
  get limit(): number | undefined {
    return this.attempt.request.limit;
  }

  start(): void {
    const { kind, key } = this.attempt.wanted;
    this.queue.add(key, this);
    this.connection.send(this, waitLine(kind, key, FOREVER));
    this.follow();
  }

  /** Somebody else waits in its place. */
  resume(attempt: Attempt): void {
    this.attempt = attempt;
    this.isLeft = false;
    this.connection.abandon(false);
    this.follow();
    if (!attempt.isDone) attempt.queued();
  }

  protected ended(): void {
    this.isOver = true;
    this.queue.remove(this.attempt.wanted.key, this);
  }

  private follow(): void {
    this.attempt.sink.add(() => {
      if (this.isOver) return;
      this.isLeft = true;
      this.connection.abandon(true);
    });
  }
}
