import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { timer, type Subscription } from 'rxjs';
import { Connection, type Times } from '../../backends/dflockd/connection.js';
import { nameOf } from '../../backends/dflockd/socket.js';
import { systemClock } from '../../clock.js';
import { LockNetworkError, type LockError as RootError } from '../../errors.js';
import { Ask, type AskOptions } from './ask.js';
import { Held } from './held.js';

/** The server closes a connection that says nothing for so long, if it was not told otherwise. Milliseconds. */
export const DEFAULT_READ = 23_000;
/** So long an answer may take if nothing else is said. Milliseconds. */
export const DEFAULT_ANSWER = 5000;
/** From so many on, those that ran out are looked for. */
const MANY = 64;
/** Timers take no more. Milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

export interface ChannelOptions {
  /** A secret. */
  readonly auth?: string | undefined;
  /** `host:port`, for messages. What the socket says by default. */
  readonly where?: string | undefined;
  readonly times?: Partial<Times> | undefined;
}

/** What is asked, and how its answer is read. */
export interface Request<T> extends Pick<AskOptions<T>, 'read' | 'longest'> {
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
  private readonly answer: number;
  private readonly held = new Map<string, Held>();
  private readonly enders = new Set<(error: RootError) => void>();
  /** Until when the server may be busy with waits that were asked for. */
  private busyUntil = 0;

  constructor(
    readonly socket: Socket,
    { auth, times, where = placeOf(socket) }: ChannelOptions = {},
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
    this.connection = new Connection({
      socket,
      opens,
      where,
      clock: systemClock,
      times: { connect: 0, answer: this.answer, read: DEFAULT_READ, ...times },
      auth,
      owner: {
        closed: (_connection, error) => {
          this.held.clear();
          for (const ender of [...this.enders]) ender(error);
        },
        rested: () => {
          // It is not shared.
        },
        pushed: (line) => this.pushed?.(line) ?? false,
      },
    });
    this.connection.keep();
    // It was over before anybody could hear of it.
    if (socket.destroyed) this.connection.close(new LockNetworkError('the socket to dflockd is closed'));
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
    let limit: Subscription | undefined;
    return new Promise<T>((resolve, reject) => {
      this.connection.send(new Ask<T>({ read, resolve, reject, isPatient: wait > 0, longest }), text);
      if (wait > 0 && this.error === undefined) limit = this.limit(wait);
    }).finally(() => {
      limit?.unsubscribe();
      this.prune();
    });
  }

  /** A lock was granted here. */
  take(token: string, lease: number): Held {
    const held = new Held(lease);
    held.extend(systemClock.elapsed(), lease);
    this.held.set(token, held);
    this.connection.own(held);
    return held;
  }

  /** A lock that was granted here, by its token. */
  find(token: string): Held | undefined {
    return this.held.get(token);
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

  /** During a wait nothing can be asked: whether the server is still there shows when the wait ought to be over. */
  private limit(wait: number): Subscription {
    const now = systemClock.elapsed();
    this.busyUntil = Math.max(now, this.busyUntil) + wait * 1000 + this.answer;
    return timer(Math.min(this.busyUntil - now, MAX_TIMER)).subscribe(() => {
      this.close(new LockNetworkError(`dflockd at ${this.connection.where} did not end a wait in time`));
    });
  }

  private prune(): void {
    if (this.held.size < MANY) return;
    for (const [token, held] of this.held) if (held.isOver) this.held.delete(token);
  }
}

function placeOf({ remoteAddress: host, remotePort: port }: Socket): string {
  return host === undefined || port === undefined ? 'the end of the socket' : nameOf({ host, port });
}

function opensWith(socket: Socket): 'connect' | 'secureConnect' | undefined {
  if (socket instanceof TLSSocket) {
    // Whoever is given a finished one cannot ask it, but it knows its cipher by then.
    return socket.connecting || socket.getProtocol() === null ? 'secureConnect' : undefined;
  }
  return socket.connecting ? 'connect' : undefined;
}
