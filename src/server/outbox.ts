import type { ServerConnection } from './connection.js';
import type { Turn, Written } from './turn.js';

/** A client that has not taken this much of its answers has to wait for more. In bytes. */
const MAX_BACKLOG = 64 * 1024;

/** What a client is told: gathered during a turn, and written in one go. */
export class ServerOutbox implements Written {
  private text = '';
  private isClosed = false;
  /** When the client last took something, if it has not taken all; else Infinity. */
  stuckSince = Infinity;

  /**
   * @param now A monotonic clock, in milliseconds.
   * @param onBacklog Called when the client has not taken what it was told.
   */
  constructor(
    private readonly connection: ServerConnection,
    private readonly turn: Turn,
    private readonly now: () => number,
    private readonly onBacklog: () => void,
  ) {}

  /** How much is not written yet. */
  get size(): number {
    return this.text.length;
  }

  /** How much the client has not taken. */
  get untaken(): number {
    return this.text.length + this.connection.backlog;
  }

  /** Has the client to wait for more? */
  get isStalled(): boolean {
    return this.connection.backlog > MAX_BACKLOG;
  }

  say(text: string): void {
    this.text += text;
    this.turn.add(this);
  }

  flush(): void {
    const { text } = this;
    if (text === '') return;
    this.text = '';
    if (this.isClosed) return;
    this.connection.write(text);
    if (this.connection.backlog === 0) return;
    if (this.stuckSince === Infinity) this.stuckSince = this.now();
    this.onBacklog();
  }

  /** The client has taken some of it. */
  drained(): void {
    this.stuckSince = this.connection.backlog > 0 ? this.now() : Infinity;
  }

  /** Says nothing more. */
  close(): void {
    this.isClosed = true;
    this.stuckSince = Infinity;
  }
}
