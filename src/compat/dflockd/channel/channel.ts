import type { Socket } from 'node:net';
import { Subscription, type Observable } from 'rxjs';
import { Connection } from '../../../backends/dflockd/wire/connection.js';
import type { Times } from '../../../backends/dflockd/wire/times.js';
import { LockNetworkError, type LockError as RootError } from '../../../contract/errors.js';
import { systemClock } from '../../../values/system-clock.js';
import { PromisedQuestion, type PromisedQuestionOptions } from './promised-question.js';
import { ChannelHoldings } from './channel-holdings.js';
import { DEFAULT_TIMES } from './default-times.js';
import { EarlyAnswers } from './early-answers.js';
import { QueuePlaces } from './queue-places.js';
import { silence } from './silence.js';
import { opensWith, placeOf } from './socket-state.js';
import { tokenOf } from './told.js';
import { WaitLimit } from './wait-limit.js';

export interface ChannelOptions {
  /** A secret. */
  readonly auth?: string | undefined;
  /** `host:port`, for messages. What the socket says by default. */
  readonly where?: string | undefined;
  readonly times?: Partial<Times> | undefined;
  /** Asks the server something on another connection, to see whether it is there. By default waits are limited only. */
  readonly probe$?: Observable<unknown> | undefined;
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
  /** Nothing was granted here before, if nobody else talks on the socket. On `clock.elapsed`. */
  readonly since = systemClock().elapsed();
  /** What is queued for here. */
  readonly places = new QueuePlaces();
  /** What was granted here. */
  readonly holdings = new ChannelHoldings(systemClock());
  private readonly waits: WaitLimit;
  private readonly early: EarlyAnswers | undefined;
  private readonly hearers = new Set<(line: string) => boolean>();
  private readonly enders = new Set<() => void>();
  /** How much is asked and not answered. */
  private asking = 0;

  constructor(
    readonly socket: Socket,
    { auth, times: some, probe$, where = placeOf(socket), isBorrowed = false }: ChannelOptions = {},
  ) {
    const times = { ...DEFAULT_TIMES, ...some };
    const opens = opensWith(socket);
    this.early = isBorrowed ? new EarlyAnswers() : undefined;
    this.waits = new WaitLimit(times.answer, probe$ && silence(probe$, times.answer), () => {
      this.close(new LockNetworkError(`dflockd at ${where} did not end a wait in time`));
    });
    this.connection = new Connection({
      socket,
      opens,
      where,
      clock: systemClock(),
      times,
      auth,
      owner: {
        closed: (connection, error) => {
          this.holdings.closed(connection, error);
          for (const ender of this.enders) ender();
        },
        rested: () => {
          // It is not shared.
        },
        isNeeded: () => !isBorrowed || this.isNeeded,
        pushed: (line, isAsked) => this.isHeard(line) || (!isAsked && this.setAside(line)),
      },
    });
    this.connection.keep();
    this.opened = new Promise((resolve) => {
      if (opens === undefined) resolve();
      else socket.once(opens, resolve);
      // Whatever else waits for it is told why.
      this.onEnd(resolve);
    });
    // It was over before anybody could hear of it.
    if (socket.destroyed || socket.readableEnded) this.close(new LockNetworkError('the socket to dflockd is closed'));
  }

  get error(): RootError | undefined {
    return this.connection.error;
  }

  /** Calls back when it is gone, or now if it is. */
  onEnd(ender: () => void): void {
    if (this.error === undefined) this.enders.add(ender);
    else ender();
  }

  /**
   * Hears what answers no question.
   *
   * @param hearer Called with each line. Returns false if it is none of its.
   */
  hears(hearer: (line: string) => boolean): void {
    this.hearers.add(hearer);
  }

  /** Asks something. Rejects if it is refused, if the answer is none, and if there is none in time. */
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
      if (wait > 0) watch.add(this.waits.begin(wait));
      watch.add(this.replay());
    }).finally(() => {
      this.asking--;
      watch.unsubscribe();
    });
  }

  close(error: RootError): void {
    this.connection.close(error);
  }

  private get isNeeded(): boolean {
    const isUsed = this.asking > 0 || this.hearers.size > 0;
    return isUsed || this.connection.owned.size > 0 || this.places.size > 0;
  }

  private isHeard(line: string): boolean {
    let isHeard = false;
    for (const hearer of this.hearers) isHeard = hearer(line) || isHeard;
    return isHeard;
  }

  /** What the server says before it closes a connection is not set aside. */
  private setAside(line: string): boolean {
    if (this.early === undefined || line === 'error') return false;
    const token = tokenOf(line);
    // What is said twice grants nothing twice.
    if (token === undefined || !this.holdings.isHeld(token)) this.early.keep(line);
    return true;
  }

  private replay(): Subscription | undefined {
    return this.early?.replay((line) => {
      // Whoever answers, or may be answering somebody else, needs no help.
      if (this.asking === 1 && !this.connection.isShared) this.connection.hear(line);
    });
  }
}
