import type { Socket } from 'node:net';
import { LockAuthenticationError, LockNetworkError, type LockError } from '../../../contract/errors.js';
import type { Bound } from '../../../contract/backend.js';
import type { Clock } from '../../../contract/time.js';
import { Bag } from '../../../values/bag.js';
import { Authentication } from './authentication.js';
import { authLine, STATS_LINE } from './commands.js';
import { KeepAlive } from './keep-alive.js';
import { MAX_LINE } from './line-reader.js';
import { LineSocket, type LineSocketUser } from './line-socket.js';
import type { Owned } from './owned.js';
import { QuestionQueue } from './question-queue.js';
import type { Question } from './question.js';
import type { Times } from './times.js';
import { Vigil, type Watched } from './vigil.js';

/** Who is told about a connection. */
export interface ConnectionOwner {
  /** It is gone, and with it all that hung on it. Called before its questions fail. */
  closed(connection: Connection, error: LockError): void;
  /** It owns nothing, and nothing is asked on it. */
  rested(connection: Connection): void;
  /** Takes a line that answers no question. @returns False if it is none of its. */
  readonly pushed?: ((line: string, isAsked: boolean) => boolean) | undefined;
  /** Does its silence matter at this moment? Else nothing is said for its own sake, and nothing overdue. Always by default. */
  readonly isNeeded?: (() => boolean) | undefined;
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
  /** Is what is asked sent at once, and not with all else of its turn? `false` by default. */
  readonly isPrompt?: boolean | undefined;
}

/** Questions to a server, whose answers come in the same order, and the locks that the server frees when it ends. */
export class Connection implements LineSocketUser, Watched {
  readonly where: string;
  /** What hangs on it. Changed by `own` and `disown`. */
  readonly owned = new Bag<Owned>();
  /** Has it ever answered? */
  hasAnswered = false;
  /** Has it left a question unanswered for too long, and not answered any since? */
  isStalled = false;
  /** When the last of the answered questions was sent, on `clock.elapsed`. */
  private confirmedAt = -Infinity;
  private lastBound: Bound | undefined;
  private failure: LockError | undefined;
  private isAbandoned = false;
  private isKept = false;
  /** How many it owns that are not on their way back. */
  private needed = 0;
  private isDoubted = false;
  private readonly pending = new QuestionQueue();
  private readonly line: LineSocket;
  private readonly vigil: Vigil;

  constructor(private readonly options: ConnectionOptions) {
    const { socket, opens, isPrompt, where, clock, times, auth } = options;
    this.where = where;
    this.vigil = new Vigil(clock, times, this);
    this.line = new LineSocket({ socket, opens, isPrompt, where }, this);
    this.line.start();
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

  /** Does somebody else talk on its socket as well? Then what is heard may be for him. */
  get isShared(): boolean {
    return this.line.isShared;
  }

  /** Can it be used? */
  get isOpen(): boolean {
    return this.line.isOpen;
  }

  /** Does nothing hang on it? */
  get isAtRest(): boolean {
    return this.owned.size === 0 && !this.isKept && this.pending.size === 0;
  }

  /**
   * Sends it with all that is asked in this turn, or at once if it is a prompt one.
   *
   * @param isAwaited Somebody can do nothing before it is answered: it goes out at once if nothing is asked yet.
   */
  send(question: Question, text: string, isAwaited = false): void {
    if (this.failure !== undefined) {
      question.failed(this.failure);
      return;
    }
    question.sentAt = this.options.clock.elapsed();
    this.vigil.said(question.sentAt);
    if (question.isWanted()) this.isAbandoned = false;
    const isPrompt = isAwaited && this.pending.size === 0;
    this.pending.push(question);
    this.line.write(text, isPrompt || undefined);
    this.refer();
  }

  own(owned: Owned): void {
    this.owned.add(owned);
    this.needed++;
    this.refer();
  }

  /** It is on its way back. */
  yield(owned: Owned): void {
    if (owned.isLeaving || owned.spot < 0) return;
    owned.isLeaving = true;
    this.needed--;
    this.refer();
  }

  disown(owned: Owned): void {
    if (this.forget(owned)) this.settled();
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

  /**
   * Somebody waits no more. If nobody does, no process is to live for the answers: what they grant goes with the connection.
   * While it is not open nothing was sent, and it is let go.
   */
  doubt(): void {
    if (this.isDoubted) return;
    this.isDoubted = true;
    // Many may leave in one turn.
    void Promise.resolve().then(() => {
      this.isDoubted = false;
      if (this.isKept || this.pending.isWanted) return;
      if (this.isOpen) this.abandon(true);
      else this.close(this.wrong('was not waited for'));
    });
  }

  /** Closes it. */
  close(error: LockError): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.vigil.stop();
    this.line.cut();
    this.options.owner.closed(this, error);
    for (const owned of this.owned.toArray()) this.owned.delete(owned);
    this.needed = 0;
    for (const question of this.pending.clear()) question.failed(error);
  }

  /** Once it is closed: resolves when nothing is left of it. */
  gone(): Promise<void> {
    return this.line.gone();
  }

  // The user of the socket.

  get longest(): number {
    return this.pending.oldest?.longest ?? MAX_LINE;
  }

  opened(): void {
    this.vigil.opened();
  }

  /** Takes a line, as if it came from the server. */
  hear(line: string): void {
    if (this.failure !== undefined) return;
    if (line === 'error_auth') {
      this.turnAway(
        this.options.auth === undefined ? 'wants an auth token, and none was given' : 'does not accept the auth token',
      );
      return;
    }
    if (this.options.owner.pushed?.(line, this.pending.size > 0) === true) return;
    const question = this.pending.oldest;
    if (question === undefined) {
      // Before it closes a connection that was silent for too long, the server says so.
      if (line === 'error') this.close(this.wrong('gave up the connection'));
      else this.close(this.wrong('answered though nothing was asked'));
      return;
    }
    this.pending.shift();
    this.hasAnswered = true;
    this.isStalled = false;
    this.isAbandoned = false;
    if (question.isPatient) this.vigil.freed();
    if (question.sentAt > this.confirmedAt) this.confirmedAt = question.sentAt;
    if (question.answered(line)) return;
    // What comes from now on may be the answer to something else. What came is not repeated: it may be anything.
    const error = this.wrong('answered with what could not be understood; is it dflockd that listens there?');
    this.close(error);
    question.failed(this.failure ?? error);
  }

  settled(): void {
    if (this.failure !== undefined) return;
    this.refer();
    if (this.isAtRest) this.options.owner.rested(this);
  }

  broken(error: LockError): void {
    this.close(error);
  }

  // What a vigil watches.

  get askedAt(): number | undefined {
    return this.pending.expected?.sentAt;
  }

  look(now: number): void {
    if (!this.line.isOpen) {
      this.close(this.wrong(`could not be reached within ${String(this.options.times.connect)} ms`));
      return;
    }
    if (this.options.owner.isNeeded?.() === false) return;
    this.expire(now);
    this.sweep(now);
    if (this.failure !== undefined || this.pending.size > 0 || !this.vigil.isSilent(now)) return;
    if (this.isAtRest)
      this.close(new LockNetworkError(`the connection to dflockd at ${this.where} was not needed any more`));
    else this.send(new KeepAlive(), STATS_LINE);
  }

  /** Tells those whose answers are overdue. */
  private expire(now: number): void {
    const { askedAt } = this;
    const isOverdue = askedAt !== undefined && this.vigil.isOverdue(askedAt, now);
    if (!isOverdue && !this.isStalled) return;
    const { answer, read } = this.options.times;
    const error = this.wrong(`did not answer within ${String(answer)} ms`);
    this.isStalled = true;
    for (const question of this.pending.all()) {
      if (question.isLate) continue;
      // Nothing is answered before one that may take any time.
      if (question.isPatient || !this.vigil.isOverdue(question.sentAt, now)) break;
      question.isLate = true;
      question.late(error);
    }
    // Nobody would miss it, and what was granted unseen goes with it; or the server has given it up by now.
    if (this.needed === 0 || now - this.confirmedAt >= read) this.close(error);
  }

  /** Forgets what has run out and was never given back. */
  private sweep(now: number): void {
    for (const owned of this.owned.toArray()) {
      if (owned.endsAt > now) continue;
      owned.isOver = true;
      this.forget(owned);
    }
    this.settled();
  }

  private forget(owned: Owned): boolean {
    if (!this.owned.delete(owned)) return false;
    if (!owned.isLeaving) this.needed--;
    return true;
  }

  /** It keeps the process alive while somebody needs what hangs on it. */
  private refer(): void {
    this.line.refer(this.needed > 0 || this.isKept || (this.pending.size > 0 && !this.isAbandoned));
  }

  /** The server does not want to talk to us. */
  private turnAway(why: string): void {
    this.close(new LockAuthenticationError(`dflockd at ${this.where} ${why}`));
  }

  private wrong(what: string): LockError {
    return new LockNetworkError(`dflockd at ${this.where} ${what}`);
  }
}
