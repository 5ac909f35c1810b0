import type { Asker } from './asker.js';
import { FOREVER, waitLine } from '../wire/commands.js';
import type { Connection } from '../wire/connection.js';
import { Placed } from './placed.js';

/** Where this client's places in the queues are known. */
export interface Places {
  add(waiting: Queued): void;
  /** Nobody waits in it any more; or somebody does, after all. */
  leave(waiting: Queued, isLeft: boolean): void;
  remove(waiting: Queued): void;
}

/** Waits in the queue. Who waits may leave, but the place stays: the server lets nobody out during a wait. */
export class Queued extends Placed {
  override readonly isPatient = true;
  private isOver = false;

  constructor(
    private readonly places: Places,
    asker: Asker,
    connection: Connection,
    queuedAt: number,
  ) {
    super(asker, connection, queuedAt);
  }

  get key(): string {
    return this.asker.wanted.key;
  }

  /** Of the semaphore. */
  get limit(): number | undefined {
    return this.asker.request.limit;
  }

  start(): void {
    this.places.add(this);
    this.connection.send(this, waitLine(this.asker.wanted.kind, this.key, FOREVER));
    this.follow();
  }

  /** Somebody else waits in its place. */
  resume(asker: Asker): void {
    this.asker = asker;
    this.leave(false);
    this.follow();
    if (!asker.isDone) asker.queued();
  }

  protected ended(): void {
    this.isOver = true;
    this.places.remove(this);
  }

  private follow(): void {
    this.asker.whenDone(() => {
      if (!this.isOver) this.leave(true);
    });
  }

  private leave(isLeft: boolean): void {
    this.places.leave(this, isLeft);
    this.connection.abandon(isLeft);
  }
}
