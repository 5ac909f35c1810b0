import type { Socket } from 'node:net';
import { LockAuthenticationError, LockNetworkError, type LockError } from '../../errors.js';
import type { Bound, Clock } from '../../types.js';
import { Authentication } from './authentication.js';
import { authLine, STATS_LINE } from './commands.js';
import { KeepAlive } from './keep-alive.js';
import { LineReader, MAX_LINE } from './line-reader.js';
import { Outbox } from './outbox.js';
import { QuestionQueue } from './question-queue.js';
import type { Question } from './question.js';

/** Timers may be this much early. Milliseconds. */
const EARLY = 2;
/** A connection that must stay open says something after this part of the server's read timeout, at the latest. */
const BEAT = 1 / 3;

/** How long what may take. Milliseconds. */
export interface Times {
  readonly connect: number;
  readonly answer: number;
  /** After so long a silence of the client the server closes the connection. */
  readonly read: number;
}

/** Who is told about a connection. */
export interface ConnectionOwner {
  /** It is gone, and with it all that hung on it. Called before its questions fail. */
  closed(connection: Connection, error: LockError): void;
  /** It owns nothing, and nothing is asked on it. */
  rested(connection: Connection): void;
  /** Takes a line that answers no question. @returns False if it is none of its. */
  readonly pushed?: ((line: string) => boolean) | undefined;
}

export interface ConnectionOptions {
  readonly socket: Socket;
  /** What the socket says once it can be used; absent if it can be already. */
  readonly opens?: 'connect' | 'secureConnect' | undefined;
  /** `host:port`, for messages. */
  readonly where: string;
  readonly clock: Clock;
  readonly times: Times;
  /** A secret. */
  readonly auth: string | undefined;
  readonly owner: ConnectionOwner;
}

/** Something that lives as long as its connection: a lock. */
export interface Owned {
  /** When it is over on the server at the latest, on `clock.elapsed`. */
  readonly endsAt: number;
  isOver: boolean;
}

/**
 * One connection: what is asked within a turn goes out in one write, and the answers come in the order of the questions.
 *
 * Its timer is the socket's own, which keeps no process alive; how much of a time has passed is for the clock to say.
 */
export class Connection {
  readonly where: string;
  /** What hangs on it. Changed by `own` and `disown`. */
  readonly owned = new Set<Owned>();
  /** Has it ever answered? */
  hasAnswered = false;
  /** Has it left a question unanswered for too long, and not answered any since? */
  isStalled = false;
  /** When the last of the answered questions was sent, on `clock.elapsed`. */
  private confirmedAt = 0;
  private lastBound: Bound | undefined;
  private failure: LockError | undefined;
  private isOpen = false;
  private openedAt: number;
  private lastSentAt: number;
  private sweptAt: number;
  private readonly outbox: Outbox;
  private readonly pending = new QuestionQueue();
  private isAbandoned = false;
  private isKept = false;
  private isReferenced = true;
  /** After how long a silence the socket tells. */
  private readonly look: number;
  private readonly beat: number;
  private readonly reader: LineReader;
  private readonly socket: Socket;

  constructor(private readonly options: ConnectionOptions) {
    const { socket, where, clock, times, auth } = options;
    this.socket = socket;
    this.where = where;
    this.beat = times.read * BEAT;
    this.look = Math.min(times.answer, this.beat);
    this.openedAt = this.lastSentAt = this.sweptAt = clock.elapsed();
    this.outbox = new Outbox((text) => {
      socket.write(text);
    });
    this.reader = new LineReader(
      () => this.pending.oldest?.longest ?? MAX_LINE,
      (line) => {
        this.read(line);
      },
    );
    this.listen();
    if (auth === undefined) return;
    const authentication = new Authentication(() => {
      this.turnAway('wants no auth token');
    });
    this.send(authentication, authLine(auth));
  }

  /** Why it is closed, if it is. */
  get error(): LockError | undefined {
    return this.failure;
  }

  /** What each lock of it hangs on as well. */
  get bound(): Bound {
    const { confirmedAt } = this;
    if (this.lastBound?.sentAt !== confirmedAt) {
      this.lastBound = { sentAt: confirmedAt, ttl: this.options.times.read };
    }
    return this.lastBound;
  }

  /** Does nothing hang on it? */
  get isAtRest(): boolean {
    return this.owned.size === 0 && !this.isKept && this.pending.size === 0;
  }

  /** Sends it with all that is asked in this turn. */
  send(question: Question, text: string): void {
    if (this.failure !== undefined) {
      question.failed(this.failure);
      return;
    }
    const now = this.options.clock.elapsed();
    question.sentAt = now;
    this.lastSentAt = now;
    this.pending.push(question);
    this.outbox.add(text);
    if (this.socket.timeout !== this.look && this.isOpen) this.socket.setTimeout(this.look);
    this.refer();
    this.expire(now);
    if (now - this.sweptAt > this.options.times.read) this.sweep(now);
  }

  own(owned: Owned): void {
    this.owned.add(owned);
    this.refer();
  }

  disown(owned: Owned): void {
    if (this.owned.delete(owned)) this.settle();
  }

  /** It is to stay open until it is closed, whatever hangs on it. */
  keep(): void {
    this.isKept = true;
    this.refer();
  }

  /**
   * Nobody waits any more for what is asked on it, and it cannot be taken back: no process is to live for it.
   *
   * @param isAbandoned False: somebody does, after all.
   */
  abandon(isAbandoned: boolean): void {
    this.isAbandoned = isAbandoned;
    this.refer();
  }

  /** Closes it. */
  close(error: LockError): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.outbox.close();
    this.socket.destroy();
    this.options.owner.closed(this, error);
    this.owned.clear();
    for (const question of this.pending.clear()) question.failed(error);
  }

  /** Once it is closed: resolves when nothing is left of it. */
  gone(): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      if (socket.closed) resolve();
      else socket.once('close', resolve);
    });
  }

  private listen(): void {
    const { socket, where, times, opens } = this.options;
    const open = (): void => {
      this.isOpen = true;
      this.openedAt = this.options.clock.elapsed();
      socket.setTimeout(this.look);
      this.outbox.open();
    };
    if (opens === undefined) open();
    else {
      socket.once(opens, open);
      socket.setTimeout(times.connect);
    }
    socket.on('data', (chunk: Buffer) => {
      if (this.failure === undefined && !this.reader.push(chunk)) this.distrust('with a line that is too long');
      if (this.failure === undefined) this.settle();
      // What the server says unasked breaks no silence of ours.
      if (this.options.owner.pushed !== undefined && this.failure === undefined) this.onSilence();
    });
    socket.on('timeout', () => {
      if (this.isOpen) this.onSilence();
      else
        this.close(new LockNetworkError(`dflockd at ${where} could not be reached within ${String(times.connect)} ms`));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === undefined ? '' : ` (${error.code})`;
      const what = this.isOpen ? 'broke the connection' : 'could not be reached';
      this.close(new LockNetworkError(`dflockd at ${where} ${what}${why}`, { cause: error }));
    });
    const ended = (): void => {
      this.close(new LockNetworkError(`dflockd at ${where} closed the connection`));
    };
    // Whoever has closed his own direction answers nothing more.
    socket.on('end', ended);
    socket.on('close', ended);
  }

  private read(line: string): void {
    if (this.failure !== undefined) return;
    if (line === 'error_auth') {
      this.turnAway('does not accept the auth token');
      return;
    }
    if (this.options.owner.pushed?.(line) === true) return;
    const question = this.pending.oldest;
    if (question === undefined) {
      // Before it closes a connection that was silent for too long, the server says so.
      if (line === 'error') this.close(new LockNetworkError(`dflockd at ${this.where} gave up the connection`));
      else this.distrust('though nothing was asked');
      return;
    }
    this.pending.shift();
    this.hasAnswered = true;
    this.isStalled = false;
    this.isAbandoned = false;
    if (question.sentAt > this.confirmedAt) this.confirmedAt = question.sentAt;
    if (!question.answered(line)) question.failed(this.distrust('with what could not be understood'));
  }

  /** The server does not want to talk to us. */
  private turnAway(why: string): void {
    this.close(new LockAuthenticationError(`dflockd at ${this.where} ${why}`));
  }

  /** What comes from now on may be the answer to something else. What came is not repeated: it may be anything. */
  private distrust(what: string): LockError {
    const error = new LockNetworkError(`dflockd at ${this.where} answered ${what}`);
    this.close(error);
    return this.failure ?? error;
  }

  /** Tells those whose answers are overdue. */
  private expire(now: number): void {
    const { answer } = this.options.times;
    const { oldest } = this.pending;
    if (oldest === undefined || oldest.isPatient || this.startOf(oldest) + answer - EARLY > now || !this.isOpen) return;
    this.isStalled = true;
    const error = new LockNetworkError(`dflockd at ${this.where} did not answer within ${String(answer)} ms`);
    for (const question of this.pending.all()) {
      if (question.isLate) continue;
      if (this.startOf(question) + answer - EARLY > now) break;
      question.isLate = true;
      question.late(error);
    }
    // Nobody would miss it, and what was granted unseen goes with it.
    if (this.owned.size === 0) this.close(error);
  }

  private startOf({ sentAt }: Question): number {
    return Math.max(sentAt, this.openedAt);
  }

  /** Nothing was said or heard for a while. */
  private onSilence(): void {
    const now = this.options.clock.elapsed();
    this.expire(now);
    if (this.failure !== undefined) return;
    this.sweep(now);
    const isDue = now - this.lastSentAt >= this.beat - EARLY;
    const isWaiting = this.pending.size > 0;
    if (isDue && !isWaiting) {
      if (this.isAtRest) {
        this.close(new LockNetworkError(`the connection to dflockd at ${this.where} was not used any more`));
        return;
      }
      this.send(new KeepAlive(), STATS_LINE);
      return;
    }
    this.socket.setTimeout(isDue ? this.look : Math.max(EARLY, this.beat - (now - this.lastSentAt)));
  }

  /** Forgets what has run out and was never given back. */
  private sweep(now: number): void {
    this.sweptAt = now;
    for (const owned of this.owned) {
      if (owned.endsAt > now) continue;
      owned.isOver = true;
      this.owned.delete(owned);
    }
    this.settle();
  }

  private settle(): void {
    this.refer();
    if (this.isAtRest && this.failure === undefined) this.options.owner.rested(this);
  }

  /** It keeps the process alive while something hangs on it. */
  private refer(): void {
    const isNeeded = this.owned.size > 0 || this.isKept || (this.pending.size > 0 && !this.isAbandoned);
    if (isNeeded === this.isReferenced) return;
    this.isReferenced = isNeeded;
    if (isNeeded) this.socket.ref();
    else this.socket.unref();
  }
}
