import type { ServerConnection } from './connection.js';
import type { Turn, Written } from './turn.js';

/** A client that has not taken this much of what it was told has to wait for more. In bytes. */
const MAX_BACKLOG = 64 * 1024;

/** What a client is told: gathered during a turn, and written in one go. It is known whether the client takes it. */
export abstract class TurnOutbox implements Written {
  protected isClosed = false;
  /** When the client last took something, if it has not taken all; else Infinity. */
  stuckSince = Infinity;

  /**
   * @param now A monotonic clock, in milliseconds.
   * @param onBacklog Called when the client has not taken what it was told.
   */
  constructor(
    private readonly connection: Pick<ServerConnection, 'backlog' | 'write'>,
    private readonly turn: Turn,
    private readonly now: () => number,
    private readonly onBacklog: () => void,
  ) {}

  /** Has the client to wait for more? */
  get isStalled(): boolean {
    return this.backlog > MAX_BACKLOG;
  }

  abstract flush(): void;

  /** The client has taken some of it. */
  drained(): void {
    this.stuckSince = this.backlog > 0 ? this.now() : Infinity;
  }

  /** Says nothing more. */
  close(): void {
    this.isClosed = true;
    this.stuckSince = Infinity;
  }

  /** How much of what was written the client has not taken, in bytes. */
  protected get backlog(): number {
    return this.connection.backlog;
  }

  /** There is something to be written. */
  protected atEndOfTurn(): void {
    this.turn.add(this);
  }

  protected write(text: string): void {
    this.connection.write(text);
    if (this.backlog === 0) return;
    if (this.stuckSince === Infinity) this.stuckSince = this.now();
    this.onBacklog();
  }
}
