import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import type { ClientMessage, Hello } from '../../../native/from-client.js';
import type { Timer } from '../../../values/alarm.js';
import { demanded } from '../../../values/demanded.js';
import type { Timeouts } from '../../../values/timeouts.js';
import { errorOfEnd } from '../wire/error-of.js';
import { Frames } from '../wire/frames.js';
import type { Wire, WireEnd, WireUser, Wiring } from '../wire/wire.js';
import { Bell } from './bell.js';
import type { Settings } from './settings.js';

/** A connection that nobody needs is closed after this time, or twice that. Milliseconds. */
const IDLE = 15_000;
/** How long the end of a session is waited for. Milliseconds. */
const FAREWELL = 1000;

export interface ConnectionOptions {
  readonly wiring: Wiring;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  readonly timer: Timer;
  readonly random: () => number;
  readonly settings: Pick<Settings, 'where' | 'timeout' | 'reconnect'>;
}

/** Who speaks over a connection. */
export interface ConnectionUser {
  /** Is there to be one? */
  readonly isWanted: boolean;
  /** The longest that the next may be put off, and the first may take. Milliseconds, or Infinity. */
  readonly haste: number;
  /** The first message. What it throws is a `LockError`. */
  greet(): Hello;
  /** @param text Of one message. Undefined: it was none of text. */
  heard(text: string | undefined): void;
  /** It has gone, or did not come about. The next is planned after that. */
  gone(error: LockError, wasOpen: boolean): void;
  /** A moment to say by `refer` whether it is needed. */
  look(): void;
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

/** The connection to the server: one at a time, made anew when it breaks, as long as it is wanted. */
export class LineConnection implements WireUser {
  /** The one that there is, in whatever state. */
  wire: Wire | undefined = undefined;
  /** Why the last is no more. */
  lastError: LockError | undefined = undefined;
  private state = State.Idle;
  private frames: Frames | undefined = undefined;
  /** How many have failed, one after the other. */
  private tries = 0;
  /** When the next one may be tried. */
  private notBefore = -Infinity;
  /** Was it needed, since somebody looked last? */
  private wasNeeded = false;
  private stopLooking: (() => void) | undefined = undefined;
  private afterClose: (() => void) | undefined = undefined;
  /** The pause is over; or opening takes too long. */
  private readonly opening: Bell;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly user: ConnectionUser,
  ) {
    this.opening = new Bell(options.timeouts, () => {
      if (this.wire === undefined) this.open();
      else this.drop(this.wrong('could not be reached in time'));
    });
  }

  /** The server knows us: what is asked may be sent. */
  get isOpen(): boolean {
    return this.state === State.Open;
  }

  /** The server is to say whether it knows us. */
  get isGreeting(): boolean {
    return this.state === State.Greeting;
  }

  get isClosed(): boolean {
    return this.state === State.Closed;
  }

  write(messages: readonly ClientMessage[]): void {
    this.frames?.write(messages);
  }

  /** Makes one, if there is none: at once, or when the next may be tried. */
  seek(): void {
    if (this.wire !== undefined || this.isClosed) return;
    if (this.options.clock.elapsed() < this.notBefore) this.plan();
    else this.open();
  }

  /** Plans the next one, if there is none and one is wanted. */
  plan(): void {
    if (this.wire !== undefined || this.isClosed) return;
    const { isWanted } = this.user;
    this.state = isWanted ? State.Pausing : State.Idle;
    if (isWanted) this.opening.set(this.notBefore);
    else this.opening.stop();
  }

  /**
   * It is open from now on.
   *
   * @param limit Of a frame. Bytes.
   */
  begin(limit: number): void {
    this.state = State.Open;
    this.opening.stop();
    if (this.frames !== undefined) this.frames.limit = limit;
  }

  /** It is of use: the next is tried at once, should this one break. */
  succeeded(): void {
    this.tries = 0;
  }

  /** Is it needed now? Where there is a choice, a process lives for one that is. */
  refer(isNeeded: boolean): void {
    if (isNeeded) this.wasNeeded = true;
    this.wire?.refer(isNeeded);
  }

  /** Closes it, sooner or later, if nobody needs it. */
  watch(): void {
    const { wiring, timer } = this.options;
    this.wasNeeded = true;
    const next = (): void => {
      const look = (): void => {
        this.user.look();
        if (this.wasNeeded) next();
        else this.drop(new LockNetworkError('the connection was not needed any more'));
        this.wasNeeded = false;
      };
      this.stopLooking = wiring.later === undefined ? timer.schedule(IDLE, look) : wiring.later(IDLE, look);
    };
    next();
  }

  /** Gives it up, and tries another if that is wanted. */
  drop(error: LockError): void {
    if (this.wire === undefined || this.isClosed) return;
    this.wire.cut();
    this.gone(error);
  }

  /** As `drop`, for a page that may do nothing more in a moment: what was said is still sent. */
  leave(error: LockError): void {
    this.wire?.close();
    this.drop(error);
  }

  /** Makes no other one from now on. What is open stays for a farewell. */
  close(error: LockError): void {
    const { isOpen } = this;
    this.state = State.Closed;
    this.lastError = error;
    this.opening.stop();
    this.stopLooking?.();
    if (isOpen) return;
    this.wire?.cut();
    this.wire = undefined;
  }

  /** Says the last message after `close`; resolves when the connection has gone, or after a while. */
  farewell(last: ClientMessage): Promise<void> {
    const { wire } = this;
    if (wire === undefined) return Promise.resolve();
    const { timeouts, clock, settings } = this.options;
    this.write([last]);
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
    this.write([hello]);
  }

  heard(text: string | undefined): void {
    if (!this.isClosed) this.user.heard(text);
  }

  ended(end: WireEnd): void {
    if (this.afterClose === undefined) this.gone(errorOfEnd(end, this.options.settings.where, this.isOpen));
    else this.afterClose();
  }

  // ----------------------------------------------------------------------------------------------- small

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
    this.user.look();
  }

  private gone(error: LockError): void {
    const { user, options, isOpen } = this;
    const { clock, settings, random } = options;
    this.state = State.Pausing;
    this.wire = this.frames = undefined;
    this.lastError = error;
    this.stopLooking?.();
    // The first is tried almost at once, and what is held is not to end for the sake of a pause.
    const delay = Math.min(settings.reconnect.delay(++this.tries, random), user.haste);
    this.notBefore = clock.elapsed() + Math.max(delay, demanded(error));
    user.gone(error, isOpen);
    this.plan();
  }

  private wrong(what: string): LockError {
    return new LockNetworkError(`the server at ${this.options.settings.where} ${what}`);
  }
}
