import type { Socket } from 'node:net';
import { merge, NEVER, Subscription, timer } from 'rxjs';
import { readGrant } from '../../../backends/dflockd/wire/answer.js';
import { Connection } from '../../../backends/dflockd/wire/connection.js';
import type { Times } from '../../../backends/dflockd/wire/times.js';
import { systemClock } from '../../../values/system-clock.js';
import { systemScheduler } from '../../../values/system-scheduler.js';
import { MAX_DURATION } from '../../../values/duration.js';
import { LockNetworkError, type LockError as RootError } from '../../../contract/errors.js';
import { PromisedQuestion, type PromisedQuestionOptions } from './promised-question.js';
import { EarlyAnswers } from './early-answers.js';
import { OwnedLock } from './owned-lock.js';
import { silence } from './silence.js';
import { opensWith, placeOf } from './socket-state.js';

/** The server closes a connection that says nothing for so long, if it was not told otherwise. Milliseconds. */
export const DEFAULT_READ = 23_000;
/** So long an answer may take if nothing else is said. Milliseconds. */
export const DEFAULT_ANSWER = 5000;
/** So long a connection may take to open if nothing else is said. Milliseconds. */
export const DEFAULT_CONNECT = 30_000;
/** So long the server is silent before something that it said too early is taken for its answer. Milliseconds. */
const SILENCE = 250;
/** From so many on, those that ran out are looked for. */
const MANY = 64;

export interface ChannelOptions {
  /** A secret. */
  readonly auth?: string | undefined;
  /** `host:port`, for messages. What the socket says by default. */
  readonly where?: string | undefined;
  readonly times?: Partial<Times> | undefined;
  /** Asks the server something on another connection, to see whether it is there. By default waits are limited only. */
  readonly probe?: (() => Promise<unknown>) | undefined;
  /** Is the socket a user's? False by default. */
  readonly isBorrowed?: boolean | undefined;
}

/** What is asked, and how its answer is read. */
export interface Request<T> extends Pick<PromisedQuestionOptions<T>, 'read' | 'longest'> {
  readonly text: string;
  /** How long the server may let it wait. Seconds. */
  readonly wait?: number | undefined;
}

/** A connection whose answers are promises; it stays open, and is kept alive, until it is closed. */
export class Channel {
  readonly connection: Connection;
  /** Resolves once the socket can be used. */
  readonly opened: Promise<void>;
  /** Takes a line that answers no question. */
  pushed: ((line: string) => boolean) | undefined;
  /** Nothing was granted here before, if nobody else talks on the socket. On `clock.elapsed`. */
  readonly since = systemClock.elapsed();
  /** When each place in a queue was asked for. */
  readonly places = new Map<string, number>();
  private readonly answer: number;
  private readonly held = new Map<string, OwnedLock>();
  private readonly probe: (() => Promise<unknown>) | undefined;
  private readonly early: EarlyAnswers | undefined;
  private readonly enders = new Set<(error: RootError) => void>();
  /** Until when the server may be busy with waits that were asked for. */
  private busyUntil = 0;
  /** How much is asked and not answered. */
  private asking = 0;

  constructor(
    readonly socket: Socket,
    { auth, times, probe, where = placeOf(socket), isBorrowed = false }: ChannelOptions = {},
  ) {
    const opens = opensWith(socket);
    this.answer = times?.answer ?? DEFAULT_ANSWER;
    this.opened = new Promise((resolve) => {
      if (opens === undefined) resolve();
      else socket.once(opens, resolve);
      // Whatever else waits for it is told why.
      this.onEnd(() => {
        resolve();
      });
    });
    this.probe = probe;
    this.early = isBorrowed ? new EarlyAnswers() : undefined;
    this.connection = new Connection({
      socket,
      opens,
      where,
      clock: systemClock,
      times: { connect: DEFAULT_CONNECT, answer: this.answer, read: DEFAULT_READ, ...times },
      auth,
      owner: {
        closed: (_connection, error) => {
          this.held.clear();
          for (const ender of [...this.enders]) ender(error);
        },
        rested: () => {
          // It is not shared.
        },
        isNeeded: () => !isBorrowed || this.isNeeded,
        pushed: (line, isAsked) => this.pushed?.(line) === true || (!isAsked && this.setAside(line)),
      },
    });
    this.connection.keep();
    // It was over before anybody could hear of it.
    if (socket.destroyed || socket.readableEnded)
      this.connection.close(new LockNetworkError('the socket to dflockd is closed'));
  }

  get error(): RootError | undefined {
    return this.connection.error;
  }

  /** Calls back when it is gone. @returns What forgets it. */
  onEnd(ender: (error: RootError) => void): () => void {
    this.enders.add(ender);
    return () => {
      this.enders.delete(ender);
    };
  }

  ask<T>({ text, wait = 0, read, longest }: Request<T>): Promise<T> {
    const watch = new Subscription();
    this.asking++;
    return new Promise<T>((resolve, reject) => {
      const reads = (line: string, asked: PromisedQuestion<T>): T | RootError | undefined => {
        this.early?.answering();
        return read(line, asked);
      };
      this.connection.send(
        new PromisedQuestion<T>({ read: reads, resolve, reject, isPatient: wait > 0, longest }),
        text,
      );
      if (this.error !== undefined) return;
      if (wait > 0) watch.add(this.limit(wait));
      if (this.early?.isEmpty === false) watch.add(this.replay(this.early));
    }).finally(() => {
      this.asking--;
      watch.unsubscribe();
      this.prune();
    });
  }

  /** A lock was granted here. */
  take(token: string, lease: number): OwnedLock {
    const held = new OwnedLock(lease);
    held.renew(systemClock.elapsed(), lease);
    this.held.set(token, held);
    this.connection.own(held);
    return held;
  }

  /** A lock that was granted here, by its token. */
  find(token: string): OwnedLock | undefined {
    return this.held.get(token);
  }

  /** The server says that it is not held any more. */
  refuse(token: string): void {
    const held = this.held.get(token);
    this.drop(token);
    held?.refused?.();
  }

  /** It is not held any more. */
  drop(token: string): void {
    const held = this.held.get(token);
    if (held === undefined) return;
    this.held.delete(token);
    this.connection.disown(held);
  }

  close(error: RootError): void {
    this.connection.close(error);
  }

  private get isNeeded(): boolean {
    const isUsed = this.asking > 0 || this.pushed !== undefined;
    return isUsed || this.connection.owned.size > 0 || this.places.size > 0;
  }

  /** What the server says before it closes a connection is not set aside. */
  private setAside(line: string): boolean {
    if (this.early === undefined || line === 'error') return false;
    const token = readGrant(line)?.token;
    // What is said twice grants nothing twice.
    if (token === undefined || !this.held.has(token)) this.early.keep(line);
    return true;
  }

  /** Whoever answers, or may be answering somebody else, needs no help. */
  private replay(early: EarlyAnswers): Subscription {
    return timer(SILENCE, systemScheduler).subscribe(() => {
      if (this.asking > 1 || this.connection.isShared) return;
      early.replay((line) => {
        this.connection.hear(line);
      });
    });
  }

  /** During a wait nothing can be asked: whether the server is still there shows when the wait ought to be over. */
  private limit(wait: number): Subscription {
    const now = systemClock.elapsed();
    this.busyUntil = Math.max(now, this.busyUntil) + wait * 1000 + this.answer;
    const { probe } = this;
    const over = timer(Math.min(this.busyUntil - now, MAX_DURATION), systemScheduler);
    return merge(over, probe === undefined ? NEVER : silence(probe, this.answer)).subscribe(() => {
      this.close(new LockNetworkError(`dflockd at ${this.connection.where} did not end a wait in time`));
    });
  }

  private prune(): void {
    if (this.held.size < MANY) return;
    for (const [token, held] of this.held) if (held.isOver) this.held.delete(token);
  }
}
