import { writeFrame } from '../../../native/frame.js';
import type { ServerMessage } from '../../../native/from-server.js';
import type { Turn } from '../../turn.js';
import { TurnOutbox } from '../../turn-outbox.js';
import type { NativeConnection } from '../wire/native-connection.js';

/** What a client is told, as one frame a turn, or a few where there is much. */
export class NativeOutbox extends TurnOutbox {
  private messages: ServerMessage[] = [];

  /**
   * @param now A monotonic clock, in milliseconds.
   * @param last What is to be told besides, found out when it is written.
   * @param onBacklog Called when the client has not taken what it was told.
   */
  constructor(
    connection: NativeConnection,
    turn: Turn,
    now: () => number,
    private readonly last: () => readonly ServerMessage[],
    onBacklog: () => void,
  ) {
    super(connection, turn, now, onBacklog);
  }

  get untaken(): number {
    return this.isClosed ? 0 : this.backlog;
  }

  override get isStalled(): boolean {
    return !this.isClosed && super.isStalled;
  }

  tell(message: ServerMessage): void {
    if (this.isClosed) return;
    this.messages.push(message);
    this.atEndOfTurn();
  }

  /** There is something that will be found out when it is written. */
  stir(): void {
    if (!this.isClosed) this.atEndOfTurn();
  }

  flush(): void {
    if (this.isClosed) return;
    if (!this.isStalled) this.messages.push(...this.last());
    this.spill();
  }

  /** Writes what was told so far, in the middle of a turn. */
  spill(): void {
    const { messages } = this;
    if (messages.length === 0) return;
    this.messages = [];
    this.write(writeFrame(messages));
  }

  override close(): void {
    super.close();
    this.messages = [];
  }
}
