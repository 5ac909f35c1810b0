import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import { readServerFrame } from '../../../native/frame.js';
import type { Hello } from '../../../native/from-client.js';
import type { Granted, Lost, ServerMessage, Welcome } from '../../../native/from-server.js';
import { demanded } from '../../../values/demanded.js';
import type { Timer } from '../../../values/alarm.js';
import type { Timeouts } from '../../../values/timeouts.js';
import { errorOfEnd, errorOfGoodbye } from '../wire/error-of.js';
import { Frames } from '../wire/frames.js';
import type { Wire, WireEnd, WireUser, Wiring } from '../wire/wire.js';
import { Bell } from './bell.js';
import type { Settings } from './settings.js';
import { SocketAsks } from './socket-asks.js';
import type { Answer, SocketAsk } from './socket-ask.js';

/** A connection that nobody needs is closed after this time, or twice that. Milliseconds. */
const IDLE = 15_000;
/** How long the end of a session is waited for. Milliseconds. */
const FAREWELL = 1000;

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

export interface LineOptions {
  readonly wiring: Wiring;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  readonly timer: Timer;
  readonly random: () => number;
  readonly settings: Pick<Settings, 'where' | 'timeout' | 'reconnect'>;
}

/** How far a connection has come. */
const enum State {
  /** There is none, and none is wanted. */
  Idle,
  /** There is none, and the next is tried in a while. */
  Pausing,
  Opening,
  Greeting,
  Open,
  Closed,
}

/**
 * The connection to the server: one at a time, made anew when it breaks. It sends what is asked in one turn in one frame,
 * and fails what is not answered in time.
 */
export class SocketLine implements WireUser {
  private readonly asks = new SocketAsks();
  private state = State.Idle;
  private wire: Wire | undefined = undefined;
  private frames: Frames | undefined = undefined;
  /** How many connections have failed, one after the other. */
  private tries = 0;
  /** When the next one may be tried. */
  private notBefore = -Infinity;
  private heardAt = -Infinity;
  private lastError: LockError | undefined = undefined;
  private isPlanned = false;
  /** When the first was asked of those that go out at the end of this turn. */
  private turnAt = -Infinity;
  /** Was it needed, since somebody looked last? */
  private wasNeeded = false;
  private stopLooking: (() => void) | undefined = undefined;
  private afterClose: (() => void) | undefined = undefined;
  /** The pause is over; or opening takes too long. */
  private readonly opening: Bell;
  /** An answer takes too long. */
  private readonly overdue: Bell;

  constructor(
    private readonly options: LineOptions,
    private readonly user: LineUser,
  ) {
    const { timeouts } = options;
    this.opening = new Bell(timeouts, () => {
      if (this.wire === undefined) this.open();
      else this.drop(this.wrong('could not be reached in time'));
    });
    this.overdue = new Bell(timeouts, (now) => {
      this.expire(now);
    });
  }

  get isOpen(): boolean {
    return this.state === State.Open;
  }

  /** What was sent and is not over, in its order. */
  get unanswered(): Iterable<SocketAsk> {
    return this.asks.all;
  }

  /** Sends it at the end of this turn, or when there is a connection. */
  ask(ask: SocketAsk): void {
    if (this.state === State.Closed) {
      ask.end();
      ask.failed(this.lastError as LockError);
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
    const isNeeded = this.asks.areAwaited || this.user.isNeeded;
    if (isNeeded) this.wasNeeded = true;
    this.wire?.refer(isNeeded);
  }

  /** Gives the connection up, and tries another if there is need. */
  drop(error: LockError): void {
    if (this.wire === undefined) return;
    this.wire.cut();
    this.gone(error);
  }

  /** Ends the session, and fails all that is asked; resolves when the connection has gone, or after a while. */
  close(error: LockError): Promise<void> {
    if (this.state === State.Closed) return Promise.resolve();
    this.flush();
    const { wire, isOpen } = this;
    this.state = State.Closed;
    this.lastError = error;
    this.opening.stop();
    this.overdue.stop();
    this.stopLooking?.();
    this.asks.failAll(error, true);
    if (wire === undefined || !isOpen) {
      wire?.cut();
      return Promise.resolve();
    }
    this.frames?.write([{ type: 'end', id: this.asks.ids + 1 }]);
    return this.farewell(wire);
  }

  /** As `close`, at once, for a page that may do nothing more in a moment; it may go on later with a new session, and who watches does. */
  abandon(error: LockError): void {
    if (this.isOpen) this.frames?.write([{ type: 'end', id: ++this.asks.ids }]);
    this.wire?.close();
    this.asks.keepLasting();
    this.drop(error);
    this.asks.failAll(error, false);
    this.pause();
  }

  // ------------------------------------------------------------------------------- the user of the wire

  opened(): void {
    let hello: Hello;
    try {
      hello = this.user.greet();
    } catch (error) {
      this.drop(error as LockError);
      return;
    }
    this.state = State.Greeting;
    this.frames?.write([hello]);
  }

  heard(text: string | undefined): void {
    if (this.state === State.Closed) return;
    this.heardAt = this.options.clock.elapsed();
    let messages: readonly ServerMessage[];
    try {
      messages = readServerFrame(text ?? '');
    } catch {
      this.nonsense();
      return;
    }
    const { wire } = this;
    for (const message of messages) {
      this.take(message);
      // One of them may have been the last.
      if (this.wire !== wire) return;
    }
    this.arm();
    this.refer();
  }

  ended(end: WireEnd): void {
    if (this.afterClose === undefined) this.gone(errorOfEnd(end, this.options.settings.where, this.isOpen));
    else this.afterClose();
  }

  // ------------------------------------------------------------------------------------------ connecting

  private open(): void {
    const { wiring, clock, settings } = this.options;
    this.state = State.Opening;
    // What is far away takes its time: each try gets twice as much as the one before.
    this.opening.set(clock.elapsed() + Math.min(settings.timeout, this.user.haste * 2 ** this.tries));
    try {
      this.wire = wiring.open(this);
    } catch (cause) {
      this.gone(errorOfEnd({ cause, hint: wiring.hint?.() }, settings.where, false));
      return;
    }
    this.frames = new Frames(this.wire);
    this.refer();
  }

  private welcome(welcome: Welcome): void {
    const refusal = this.user.refuse(welcome);
    if (refusal !== undefined) {
      this.drop(refusal);
      return;
    }
    this.state = State.Open;
    this.opening.stop();
    if (this.frames !== undefined) this.frames.limit = welcome.limits.frame;
    this.askFirst(() => {
      this.user.welcomed(welcome);
    });
    this.look();
    this.flush();
  }

  /** There is no connection any more. */
  private gone(error: LockError): void {
    const { user, asks, options } = this;
    const { clock, settings, random } = options;
    const { isOpen } = this;
    this.state = State.Pausing;
    this.wire = this.frames = undefined;
    this.lastError = error;
    this.stopLooking?.();
    // The first is tried almost at once, and what is held is not to end for the sake of a pause.
    const delay = Math.min(settings.reconnect.delay(++this.tries, random), user.haste);
    const now = clock.elapsed();
    this.notBefore = now + Math.max(delay, demanded(error));
    if (isOpen) asks.cut(error, now);
    user.cut(error);
    // What was asked of a server that was there may be asked of it again.
    if (!error.retryable || !(isOpen || user.canResume)) asks.failAll(error, !error.retryable);
    this.pause();
  }

  /** Tries again in time, if there is need. */
  private pause(): void {
    if (this.wire !== undefined || this.state === State.Closed) return;
    const isNeeded = this.asks.areOpen || this.user.isNeeded;
    this.state = isNeeded ? State.Pausing : State.Idle;
    if (isNeeded) this.opening.set(this.notBefore);
    else this.opening.stop();
    this.arm();
  }

  /** Closes, sooner or later, what nobody needs. */
  private look(): void {
    const { wiring, timer } = this.options;
    this.wasNeeded = true;
    const next = (): void => {
      this.stopLooking = (wiring.later ?? timer.schedule)(IDLE, () => {
        this.refer();
        if (this.wasNeeded) next();
        else this.drop(new LockNetworkError('the connection was not needed any more'));
        this.wasNeeded = false;
      });
    };
    next();
  }

  private farewell(wire: Wire): Promise<void> {
    const { timeouts, clock, settings } = this.options;
    return new Promise((resolve) => {
      const bell = new Bell(timeouts, () => {
        wire.cut();
        resolve();
      });
      bell.set(clock.elapsed() + Math.min(FAREWELL, settings.timeout));
      this.afterClose = () => {
        bell.stop();
        resolve();
      };
    });
  }

  // ---------------------------------------------------------------------------------- sending and hearing

  private readonly flush = (): void => {
    this.isPlanned = false;
    if (this.isOpen) {
      const messages = this.asks.write(this.options.clock.elapsed());
      if (messages.length > 0) this.frames?.write(messages);
      this.arm();
    } else if (this.wire === undefined && this.asks.hasUnsent) {
      if (this.options.clock.elapsed() < this.notBefore) this.pause();
      else this.open();
    }
    this.refer();
  };

  private take(message: ServerMessage): void {
    const { user } = this;
    switch (message.type) {
      case 'welcome':
        if (this.state === State.Greeting) this.welcome(message);
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
        this.answer(message);
    }
  }

  private answer(message: Answer): void {
    const ask = this.asks.find(message.id);
    if (ask !== undefined) {
      if (this.asks.answer(ask, message)) this.tries = 0;
      else this.nonsense();
      // Of what is over there may be news, of what was never asked there can be nothing.
    } else if (message.id > this.asks.ids || !this.isOpen) this.nonsense();
    else if (message.type === 'granted' || message.type === 'lost') this.user.told(message);
  }

  /** What was said is not repeated: it may be anything. */
  private nonsense(): void {
    this.drop(this.wrong('said something that makes no sense'));
  }

  // -------------------------------------------------------------------------------------------------- time

  private expire(now: number): void {
    const { timeout } = this.options.settings;
    const since = now - timeout;
    const error = this.wrong(`did not answer within ${String(timeout)} ms`);
    // Who has said nothing since is not there.
    if (this.isOpen && this.heardAt <= since && this.asks.firstAt(true) <= since) this.drop(error);
    else this.asks.expire(since, this.isOpen, this.isOpen ? error : (this.lastError ?? error));
    this.pause();
    this.arm();
    this.refer();
  }

  private arm(): void {
    if (this.state === State.Closed) return;
    const first = this.asks.firstAt(this.isOpen);
    if (first === Infinity) this.overdue.stop();
    else this.overdue.setAtLatest(first + this.options.settings.timeout);
  }

  private wrong(what: string): LockError {
    return new LockNetworkError(`the server at ${this.options.settings.where} ${what}`);
  }
}
