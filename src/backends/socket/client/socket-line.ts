import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import { readServerFrame } from '../../../native/frame.js';
import type { Hello } from '../../../native/from-client.js';
import type { Granted, Lost, ServerMessage, Welcome } from '../../../native/from-server.js';
import { errorOfGoodbye } from '../wire/error-of.js';
import { Bell } from './bell.js';
import { SocketAsks } from './socket-asks.js';
import type { Answer, SocketAsk } from './socket-ask.js';
import { LineConnection, type ConnectionOptions, type ConnectionUser } from './line-connection.js';

/** Whose line it is. */
export interface LineUser {
  /** Is it to stay connected, even if nothing is asked? */
  readonly isNeeded: boolean;
  /** Is there something that the next connection can go on with? */
  readonly canResume: boolean;
  /** The longest that the next connection may be put off, and the first may take. Milliseconds, or Infinity. */
  readonly haste: number;
  /** The first message of a connection. What it throws is a `LockError`. */
  greet(): Hello;
  /** What the server says of itself: why it is not what we can use, if it is not. */
  refuse(welcome: Welcome): LockError | undefined;
  /** The server knows us. What is asked in here is asked first. */
  welcomed(welcome: Welcome): void;
  /** News of locks that no ask waits for. */
  told(news: Granted | Lost): void;
  /** A keep-alive is wanted. */
  tick(): void;
  /** The connection has gone, or did not come about. Whoever asked something knows that by now. */
  cut(error: LockError): void;
}

/**
 * What is asked of the server, and what it says: over one connection after the other. What is asked in one turn is sent in one frame, and
 * what is not answered in time has failed.
 */
export class SocketLine implements ConnectionUser {
  private readonly asks = new SocketAsks();
  private readonly connection: LineConnection;
  private heardAt = -Infinity;
  private isPlanned = false;
  /** When the first was asked of those that go out at the end of this turn. */
  private turnAt = -Infinity;
  /** The highest id that was given before the frame came that is looked at: of what was never asked there can be no answer. */
  private askedBefore = 0;
  /** An answer takes too long. */
  private readonly overdue: Bell;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly user: LineUser,
  ) {
    this.connection = new LineConnection(options, this);
    this.overdue = new Bell(options.timeouts, (now) => {
      this.expire(now);
    });
  }

  get isOpen(): boolean {
    return this.connection.isOpen;
  }

  /** What was sent and is not over, in its order. */
  get unanswered(): Iterable<SocketAsk> {
    return this.asks.all;
  }

  /** Sends it at the end of this turn, or when there is a connection. */
  ask(ask: SocketAsk): void {
    const { connection } = this;
    if (connection.isClosed) {
      ask.end();
      ask.failed(connection.lastError as LockError);
      return;
    }
    if (!this.isPlanned) this.turnAt = this.options.clock.elapsed();
    ask.at = this.turnAt;
    this.asks.add(ask);
    if (this.isPlanned) return;
    this.isPlanned = true;
    this.options.wiring.atEndOfTurn(this.flush);
  }

  /** What is asked in here is sent before all that was not sent so far. */
  askFirst(ask: () => void): void {
    this.asks.before(ask);
  }

  /** Asks it once more, as if it had not been sent. */
  again(ask: SocketAsk): void {
    this.asks.forget(ask);
    ask.id = 0;
    ask.isPatient = false;
    this.ask(ask);
  }

  /** Nobody waits for it any more. */
  leave(ask: SocketAsk): void {
    ask.end();
    this.asks.forget(ask);
  }

  /** Looks whether the process is to live for it. To be called when what hangs on it has changed. */
  refer(): void {
    this.connection.refer(this.asks.areAwaited || this.user.isNeeded);
  }

  /** Gives the connection up, and tries another if there is need. */
  drop(error: LockError): void {
    this.connection.drop(error);
  }

  /** Ends the session, and fails all that is asked; resolves when the connection has gone, or after a while. */
  close(error: LockError): Promise<void> {
    const { connection } = this;
    if (connection.isClosed) return Promise.resolve();
    this.flush();
    connection.close(error);
    this.overdue.stop();
    this.asks.failAll(error, true);
    return connection.farewell({ type: 'end', id: this.asks.ids + 1 });
  }

  /** As `close`, at once, for a page that may do nothing more in a moment; it may go on later with a new session, and who watches does. */
  abandon(error: LockError): void {
    const { connection, asks } = this;
    if (this.isOpen) connection.write([{ type: 'end', id: ++asks.ids }]);
    connection.leave(error);
    asks.failAll(error, false);
    connection.plan();
  }

  // ----------------------------------------------------------------------- the user of the connection

  get isWanted(): boolean {
    return this.asks.areOpen || this.user.isNeeded;
  }

  get haste(): number {
    return this.user.haste;
  }

  greet(): Hello {
    return this.user.greet();
  }

  look(): void {
    this.refer();
  }

  heard(text: string | undefined): void {
    this.heardAt = this.options.clock.elapsed();
    this.askedBefore = this.asks.ids;
    let messages: readonly ServerMessage[];
    try {
      messages = readServerFrame(text ?? '');
    } catch {
      this.nonsense();
      return;
    }
    const { connection } = this;
    const { wire } = connection;
    for (const message of messages) {
      this.take(message);
      // One of them may have been the last.
      if (connection.wire !== wire) return;
    }
    this.arm();
    this.refer();
  }

  gone(error: LockError, wasOpen: boolean): void {
    const { asks, user } = this;
    if (wasOpen) asks.cut(error, this.options.clock.elapsed());
    user.cut(error);
    // What was asked of a server that was there may be asked of it again.
    if (!error.retryable || !(wasOpen || user.canResume)) asks.failAll(error, !error.retryable);
    this.arm();
  }

  // ---------------------------------------------------------------------------------- sending and hearing

  private readonly flush = (): void => {
    this.isPlanned = false;
    if (this.isOpen) {
      const messages = this.asks.write(this.options.clock.elapsed());
      if (messages.length > 0) this.connection.write(messages);
      this.arm();
    } else if (this.asks.hasUnsent) {
      this.connection.seek();
      // One that is being made has its own time.
      if (this.connection.wire === undefined) this.arm();
    }
    this.refer();
  };

  private take(message: ServerMessage): void {
    const { user } = this;
    switch (message.type) {
      case 'welcome':
        if (this.connection.isGreeting) this.welcome(message);
        else this.nonsense();
        break;
      case 'refused':
      case 'bye':
        this.drop(errorOfGoodbye(message, this.options.settings.where));
        break;
      case 'tick':
        user.tick();
        break;
      default:
        // Before the welcome nobody knows which session it is about.
        if (this.isOpen) this.answer(message);
        else this.nonsense();
    }
  }

  private welcome(welcome: Welcome): void {
    const { connection, user } = this;
    const refusal = user.refuse(welcome);
    if (refusal !== undefined) {
      this.drop(refusal);
      return;
    }
    connection.begin(welcome.limits.frame);
    this.askFirst(() => {
      user.welcomed(welcome);
    });
    connection.watch();
    this.flush();
  }

  private answer(message: Answer): void {
    // What is asked while a frame is looked at, as after the welcome, is answered by none of it.
    if (message.id > this.askedBefore) {
      this.nonsense();
      return;
    }
    const ask = this.asks.find(message.id);
    if (ask !== undefined) {
      if (this.asks.answer(ask, message)) this.connection.succeeded();
      else this.nonsense();
      // Of what is over there may be news.
    } else if (message.type === 'granted' || message.type === 'lost') this.user.told(message);
  }

  /** What was said is not repeated: it may be anything. */
  private nonsense(): void {
    this.drop(this.wrong('said something that makes no sense'));
  }

  // -------------------------------------------------------------------------------------------------- time

  private expire(now: number): void {
    const { isOpen, connection, asks } = this;
    const { timeout } = this.options.settings;
    const since = now - timeout;
    const error = this.wrong(`did not answer within ${String(timeout)} ms`);
    // Who has said nothing since is not there.
    if (isOpen && this.heardAt <= since && asks.firstAt(true) <= since) this.drop(error);
    else asks.expire(since, isOpen, isOpen ? error : (connection.lastError ?? error));
    connection.plan();
    this.arm();
    this.refer();
  }

  private arm(): void {
    const { connection } = this;
    if (connection.isClosed) return;
    const first = this.asks.firstAt(connection.isOpen);
    if (first === Infinity) this.overdue.stop();
    else this.overdue.setAtLatest(first + this.options.settings.timeout);
  }

  private wrong(what: string): LockError {
    return new LockNetworkError(`the server at ${this.options.settings.where} ${what}`);
  }
}
