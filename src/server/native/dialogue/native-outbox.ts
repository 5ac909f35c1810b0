import { writeFrame } from '../../../native/frame.js';
import type { ServerMessage } from '../../../native/from-server.js';
import type { Turn, Written } from '../../turn.js';
import type { NativeConnection } from '../wire/native-connection.js';

/** A client that has not taken this much of what it was told has to wait for more. In bytes. */
const MAX_BACKLOG = 64 * 1024;

/** What a client is told: gathered during a turn, and written as one frame. */
export class NativeOutbox implements Written {
  private messages: ServerMessage[] = [];
  private isClosed = false;
  /** When the client last took something, if it has not taken all; else Infinity. */
  stuckSince = Infinity;

  /**
   * @param now A monotonic clock, in milliseconds.
   * @param last What is to be told besides, found out when it is written.
   * @param onBacklog Called when the client has not taken what it was told.
   */
  constructor(
    private readonly connection: NativeConnection,
    private readonly turn: Turn,
    private readonly now: () => number,
    private readonly last: () => readonly ServerMessage[],
    private readonly onBacklog: () => void,
  ) {}

  /** How many messages are not written yet. */
  get size(): number {
    return this.messages.length;
  }

  get untaken(): number {
    return this.isClosed ? 0 : this.connection.backlog;
  }

  /** Has the client to wait for more? */
  get isStalled(): boolean {
    return this.untaken > MAX_BACKLOG;
  }

  tell(message: ServerMessage): void {
    if (this.isClosed) return;
    this.messages.push(message);
    this.turn.add(this);
  }

  /** There is something that will be found out when it is written. */
  stir(): void {
    if (!this.isClosed) this.turn.add(this);
  }

  flush(): void {
    if (this.isClosed) return;
    const { messages } = this;
    if (!this.isStalled) messages.push(...this.last());
    if (messages.length === 0) return;
    this.messages = [];
    this.connection.write(writeFrame(messages));
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
    this.messages = [];
    this.isClosed = true;
    this.stuckSince = Infinity;
  }
}
