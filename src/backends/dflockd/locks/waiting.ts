import type { Attempt } from './attempt.js';
import { FOREVER, waitLine } from '../wire/commands.js';
import type { Connection } from '../wire/connection.js';
import { Placed } from './placed.js';
import type { Queue } from './queue.js';

/** Waits in the queue. Who waits may leave, but the place stays: the server lets nobody out during a wait. */
export class Waiting extends Placed {
  override readonly isPatient = true;
  private isOver = false;

  constructor(
    private readonly queue: Queue,
    attempt: Attempt,
    connection: Connection,
    queuedAt: number,
  ) {
    super(attempt, connection, queuedAt);
  }

  get key(): string {
    return this.attempt.wanted.key;
  }

  /** Of the semaphore. */
  get limit(): number | undefined {
    return this.attempt.request.limit;
  }

  start(): void {
    this.queue.add(this);
    this.connection.send(this, waitLine(this.attempt.wanted.kind, this.key, FOREVER));
    this.follow();
  }

  /** Somebody else waits in its place. */
  resume(attempt: Attempt): void {
    this.attempt = attempt;
    this.leave(false);
    this.follow();
    if (!attempt.isDone) attempt.queued();
  }

  protected ended(): void {
    this.isOver = true;
    this.queue.remove(this);
  }

  private follow(): void {
    this.attempt.sink.add(() => {
      if (!this.isOver) this.leave(true);
    });
  }

  private leave(isLeft: boolean): void {
    this.queue.leave(this, isLeft);
    this.connection.abandon(isLeft);
  }
}
