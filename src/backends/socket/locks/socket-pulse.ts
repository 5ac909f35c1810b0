import type { Bounds } from '../../../contract/backend.js';
import { LockNetworkError } from '../../../contract/errors.js';
import type { Clock } from '../../../contract/time.js';
import type { Alive } from '../../../native/from-client.js';
import type { Timeouts } from '../../../values/timeouts.js';
import { Bell } from '../client/bell.js';
import type { SocketLine } from '../client/socket-line.js';
import { Beat, type BeatOwner, type Listener } from './beat.js';
import type { SocketBook } from './socket-book.js';

/** The first keep-alive after this part of the smallest ttl, unless the core has asked for one before. */
const PACE = 0.36;
/** While somebody waits or watches, nothing else would show that the connection is dead. Milliseconds. */
const LONGEST = 10_000;
/** An answer may take this part of the smallest ttl: then there is time for two more tries. */
const PATIENCE = 0.15;
/** Or so many times what the last answer took. */
const ROUNDS = 3;
/** After so many mismatches, one after the other, the server and we do not understand each other. */
const MISMATCHES = 3;

export interface SocketPulseOptions {
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  readonly line: SocketLine;
  readonly book: SocketBook;
  readonly where: string;
  /** The longest that an answer may take. Milliseconds. */
  readonly timeout: number;
  /** Says what we believe, before the next keep-alive. */
  readonly settle: () => void;
  /** Does somebody wait for what the server says by itself? */
  readonly isListening: () => boolean;
  /** A moment in which what nobody believes in any more may go. */
  readonly sweep: (now: number) => void;
}

/** Keeps what is held: one keep-alive for all of it, which all who ask in one turn share. */
export class SocketPulse implements BeatOwner {
  /** When the last keep-alive was sent that was answered, and what was heard by then. */
  keptAt = -Infinity;
  private keptNews = 0;
  private next: Beat | undefined = undefined;
  private readonly unanswered = new Set<Beat>();
  private sentAt = -Infinity;
  /** Since when there has been something to keep. */
  private since = -Infinity;
  private mismatches = 0;
  /** How long the last answer took. */
  private round = 0;
  private lastBounds: Bounds | undefined = undefined;
  private readonly pace: Bell;
  private readonly silence: Bell;

  constructor(private readonly options: SocketPulseOptions) {
    const { timeouts } = options;
    this.pace = new Bell(timeouts, (now) => {
      this.look(now);
    });
    this.silence = new Bell(timeouts, (now) => {
      this.listen(now);
    });
  }

  /** Asks for a keep-alive, unless one is about to be sent. */
  ask(listener?: Listener): void {
    if (this.next === undefined) {
      this.next = new Beat(this);
      this.options.line.ask(this.next);
    }
    if (listener !== undefined) this.next.listeners.push(listener);
  }

  /** Something that is to be kept has come, or has gone. */
  arm(): void {
    const { line, clock } = this.options;
    // Before that there was nothing to keep.
    if (!this.pace.isSet) this.since = clock.elapsed();
    const at = line.isOpen ? this.dueAt() : Infinity;
    if (at < Infinity) this.pace.setAtLatest(at);
    else this.pace.stop();
  }

  /** What this has confirmed of a lock that was heard of in that message. */
  boundsOf(news: number, ttl: number): Bounds | undefined {
    if (news > this.keptNews) return undefined;
    const [last] = this.lastBounds ?? [];
    if (last?.sentAt !== this.keptAt || last.ttl !== ttl) this.lastBounds = [{ sentAt: this.keptAt, ttl }];
    return this.lastBounds;
  }

  /** What was asked then has kept all that was known by that number. */
  keep(sentAt: number, news: number): void {
    if (sentAt < this.keptAt) return;
    this.keptAt = sentAt;
    this.keptNews = news;
  }

  /** A new session has begun: what was kept in another says nothing in it. */
  begin(): void {
    this.keptAt = -Infinity;
    this.keptNews = 0;
  }

  /** There is no connection any more; what was asked on it knows. */
  cut(): void {
    this.mismatches = 0;
    this.pace.stop();
    this.silence.stop();
  }

  // ------------------------------------------------------------------------------------- what beats tell

  sends(beat: Beat): Omit<Alive, 'type' | 'id'> {
    const { book } = this.options;
    this.next = undefined;
    this.sentAt = beat.at;
    this.unanswered.add(beat);
    this.silence.setAtLatest(beat.at + this.patience);
    return { news: book.news, count: book.sum.count, hash: book.sum.hash };
  }

  kept(beat: Beat): void {
    this.unanswered.delete(beat);
    this.mismatches = 0;
    this.round = this.options.clock.elapsed() - beat.at;
    if (this.unanswered.size === 0) this.silence.stop();
    this.keep(beat.at, beat.news);
    beat.tell({ type: 'kept', sentAt: beat.at });
    this.arm();
  }

  mismatched(beat: Beat): void {
    this.unanswered.delete(beat);
    const { line, where } = this.options;
    if (++this.mismatches > MISMATCHES) {
      const cause = new LockNetworkError(`the server at ${where} has other locks for us than we know of`);
      beat.tell({ type: 'unknown', cause });
      line.drop(cause);
      return;
    }
    line.askFirst(this.options.settle);
    for (const listener of beat.listeners) this.ask(listener);
  }

  lost(beat: Beat): void {
    this.unanswered.delete(beat);
    if (this.next === beat) this.next = undefined;
  }

  // -------------------------------------------------------------------------------------------- the time

  /** How long an answer may take. */
  private get patience(): number {
    const { book, timeout } = this.options;
    return Math.min(timeout, Math.max(book.held.smallest * PATIENCE, this.round * ROUNDS));
  }

  private dueAt(): number {
    const { book, isListening } = this.options;
    const longest = isListening() ? LONGEST : Infinity;
    return Math.max(this.sentAt, this.since) + Math.min(book.kept.smallest * PACE, longest);
  }

  private look(now: number): void {
    this.options.sweep(now);
    // The core may have asked for one meanwhile.
    if (this.dueAt() <= now) this.ask();
    this.arm();
  }

  /** Is an answer overdue? Then the connection is as good as none, and another can be there in time. */
  private listen(now: number): void {
    const [first] = this.unanswered;
    if (first === undefined) return;
    const { patience } = this;
    if (now - first.at < patience) this.silence.set(first.at + patience);
    else {
      const { line, where } = this.options;
      line.drop(
        new LockNetworkError(
          `the server at ${where} did not answer the keep-alive within ${String(Math.ceil(patience))} ms`,
        ),
      );
    }
  }
}
