import { Alarm, type Timer } from '../values/alarm.js';
import { Audience } from './audience.js';
import { requirePermits } from './permits-of.js';
import type { Place, PlaceTable } from './place.js';
import { Link, roomOf, type Room } from './room.js';
import { Rounds } from './rounds.js';
import { Seating } from './seating.js';
import type { TableStatus } from './table-status.js';
import { Terms } from './terms.js';

/** What a table does otherwise than by default. */
export interface TableOptions {
  /** Milliseconds for which the place of a holder that has expired stays taken. 0 by default. */
  readonly lockDelay?: number | undefined;
}

/** What becomes of an ask. `limit-mismatch`: others hold or await this semaphore with another limit. */
export type Answer = 'granted' | 'queued' | 'held' | 'limit-mismatch';

/**
 * Who holds which lock until when, and who is next. It counts on a monotonic clock, so a stepped wall clock frees no lock
 * early; what has expired is gone the next time anybody asks, and at its time if anybody waits or watches.
 *
 * All is one thing: permits of a name, of which each takes some, all or none, in the order in which they came. A semaphore has as many as its limit
 * says. A lock has more than anybody can count: who shares it takes one, who wants it for himself all. Who is next waits
 * until there are as many as he takes, and nobody behind him passes.
 *
 * Locks and semaphores have separate names. Callbacks may call the table: what that brings about is told after them, one
 * by one, so that no number of waiters that release at once can overflow the stack.
 */
export class LockTable implements PlaceTable {
  protected readonly seating: Seating;
  protected readonly rounds: Rounds;
  private readonly audience: Audience;
  private readonly alarm: Alarm;

  /**
   * @param now A monotonic clock, in milliseconds.
   * @param timer Armed at most once at a time, and only while something is held and somebody waits or watches.
   */
  constructor(
    protected readonly now: () => number,
    timer: Timer,
    { lockDelay = 0 }: TableOptions = {},
    protected readonly terms: Terms = new Terms(),
  ) {
    const arm = (): void => {
      this.arm();
    };
    this.alarm = new Alarm(now, timer, () => {
      this.wake();
    });
    this.rounds = new Rounds((room) => {
      this.attend(room);
    }, arm);
    this.seating = new Seating(terms, this.rounds, arm, lockDelay);
    this.audience = new Audience(now, arm, (room) => {
      // Nobody may be left in it.
      this.seating.touch(room);
      this.rounds.run();
    });
  }

  /** How many names are known: those with a holder, a waiter or a watcher. */
  get size(): number {
    this.sweep();
    return this.seating.locks.size + this.seating.semaphores.size;
  }

  /**
   * Asks for a place.
   *
   * @param place A fresh one.
   * @param wait Join the queue if there is none free? Then `granted()` is called when its turn has come.
   * @throws TypeError if the place was asked for before. RangeError if the limit is below 1, or the permits are not between 1 and the limit.
   */
  acquire(place: Place, wait: boolean): Answer {
    requireFresh(place);
    const { name, limit } = place.ask;
    const { locks, semaphores } = this.seating;
    if (limit !== undefined) requirePermits(limit, place.ask.permits);
    const now = this.sweep();
    if (limit !== undefined) return this.enter(place, semaphores.room(name), wait, now);
    if (this.grants() && locks.claim(place)) {
      this.seat(place, now);
      return 'granted';
    }
    if (!wait && locks.isBarred(place)) return 'held';
    return this.enter(place, locks.room(name), wait, now);
  }

  /**
   * Makes it end `ttl` milliseconds from now.
   *
   * @returns False if it is not held any more.
   */
  renew(place: Place, ttl: number): boolean {
    const now = this.sweep();
    if (!this.holds(place)) return false;
    this.seating.endAt(place, now + ttl, ttl);
    this.rounds.run();
    return true;
  }

  /**
   * Gives it back.
   *
   * @param keepFor Milliseconds for which it stays taken. Nobody can renew it meanwhile.
   * @returns False if it was not held any more.
   */
  release(place: Place, keepFor = 0): boolean {
    const now = this.sweep();
    if (!this.holds(place)) return false;
    if (keepFor > 0) this.seating.keep(place, now + keepFor, keepFor);
    else this.seating.vacate(place);
    this.rounds.run();
    return true;
  }

  /** Leaves the queue. Nothing happens to a place that does not wait. */
  leave(place: Place): void {
    const room = roomOf(place);
    if (place.state !== 'waiting' || place.table !== this || room === undefined) return;
    this.seating.unqueue(place, room);
    place.state = 'gone';
    place.table = undefined;
    place.link = undefined;
    this.seating.touch(room, 'crowd');
    this.rounds.run();
  }

  /**
   * Takes a name from all who hold it, and from those who hold it no more but for whom it is kept.
   *
   * @returns How many places that were.
   */
  revoke(name: string, semaphore = false): number {
    const places = this.holders(name, semaphore);
    this.seating.end(places, 'revoked');
    return places.length;
  }

  /**
   * Calls back after each change of a name's status; what changes within one call of the table may be told at once, and of
   * those who only come to the queue or leave it, all of 20 ms.
   *
   * @returns Ends it.
   */
  watch(name: string, listener: () => void, semaphore = false): () => void {
    this.sweep();
    return this.audience.add(this.seating.of(semaphore).room(name), listener);
  }

  /** How many are before it in the queue; `undefined` if it does not wait. */
  position(place: Place): number | undefined {
    return place.state === 'waiting' ? roomOf(place)?.queue.before(place) : undefined;
  }

  status(name: string, semaphore = false): TableStatus {
    const now = this.sweep();
    return this.seating.of(semaphore).status(name, now);
  }

  /** The names that are held and begin with the prefix. In no order. */
  list(prefix = '', semaphore = false): TableStatus[] {
    const now = this.sweep();
    return this.seating.of(semaphore).list(prefix, now);
  }

  /** All that hold a name, or are kept for it. */
  holders(name: string, semaphore = false): Place[] {
    this.sweep();
    return this.seating.of(semaphore).holders(name);
  }

  /** All that wait, hold, or are kept. */
  places(): Place[] {
    this.sweep();
    return [...this.seating.places()];
  }

  /** Ends what has expired, as every other call does first. @returns The time. */
  sweep(): number {
    let now = this.now();
    while (this.terms.next <= now) {
      // All of them, so that their owners are told before anything is handed over.
      this.seating.end(this.terms.takeEnded(now), 'expired');
      now = this.now();
    }
    return now;
  }

  /** Is anybody granted anything? */
  protected grants(): boolean {
    return true;
  }

  /** When something is to be looked at; Infinity if nothing is. */
  protected get due(): number {
    return Math.min(this.terms.next, this.audience.due);
  }

  /**
   * To be called when the next thing to be looked at may come sooner, or there is none any more. The timer is only for those who wait or watch: nobody
   * else needs to know of an expiry when it happens.
   */
  protected arm(): void {
    this.alarm.set(this.seating.waiting + this.audience.size === 0 ? Infinity : this.due);
  }

  protected holds(place: Place): boolean {
    return place.state === 'held' && place.table === this;
  }

  private enter(place: Place, room: Room, wait: boolean, now: number): Answer {
    const { limit } = place.ask;
    if (limit !== undefined && limit !== room.limit) {
      if (room.isWanted) return 'limit-mismatch';
      room.limit = limit;
    }
    // Nobody overtakes the queue, not even while the next of it is still to be told.
    const free = this.grants() && room.queue.size === 0 && room.hasSpaceFor(place);
    if (!free && !wait) return 'held';
    place.link = new Link(room);
    if (free) {
      room.admit(place);
      this.seat(place, now);
    } else {
      place.table = this;
      this.seating.queue(place, room);
    }
    this.seating.touch(room, room.newsOf(place));
    this.rounds.run();
    if (!free) return 'queued';
    // A watcher may have taken it away already.
    return this.holds(place) ? 'granted' : 'held';
  }

  private seat(place: Place, now: number): void {
    place.table = this;
    this.seating.begin(place, now);
  }

  /** Hands over one place, or tells the watchers if there is none to hand over. */
  private attend(room: Room): void {
    const next = room.queue.first;
    if (next !== undefined && this.grants() && room.hasSpaceFor(next)) {
      this.seating.unqueue(next, room);
      room.admit(next);
      this.seat(next, this.now());
      // After the others: no room that is busy for ever may keep them waiting.
      this.seating.touch(room, room.newsOf(next));
      next.granted();
    } else if (room.isWatched) this.audience.tell(room);
    else {
      room.news = 'none';
      if (!room.isWanted) room.directory.delete(room.name);
    }
  }

  private wake(): void {
    this.sweep();
    for (const room of this.audience.take()) this.seating.touch(room, 'holder');
    this.rounds.run();
    this.arm();
  }
}

/** @throws TypeError if the place was used before. */
export function requireFresh(place: Place): void {
  if (place.state !== 'idle') throw new TypeError('a place serves once');
}
