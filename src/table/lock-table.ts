import { Alarm, type Timer } from '../values/alarm.js';
import { Crowds } from './crowds.js';
import { Names } from './names.js';
import type { Desk, EndReason, Owner, Place } from './place.js';
import { Link, roomOf, type Room } from './room.js';
import { Rounds } from './rounds.js';
import type { TableStatus } from './table-status.js';
import { Terms, type OnChange } from './terms.js';

/** What becomes of an ask. `limit-mismatch`: others hold or await this semaphore with another limit. */
export type Answer = 'granted' | 'queued' | 'held' | 'limit-mismatch';

/** What a table does otherwise than by default. */
export interface TableOptions {
  /** Milliseconds for which the place of a holder that has expired stays taken. 0 by default. */
  readonly lockDelay?: number | undefined;
  /** Told of each grant, and of what becomes of it: for whoever keeps a record. Nobody by default. */
  readonly onChange?: OnChange | undefined;
  /** No fencing token is as low as this, or lower: 0 by default. */
  readonly lastToken?: number | undefined;
  /** So long nobody is granted anything: what a table before this one had granted may still be believed in. 0 by default. Milliseconds. */
  readonly opensAfter?: number | undefined;
  /** Are there fencing tokens? `true` by default: not for a table that may be made anew, and would give them out again. */
  readonly fencing?: boolean | undefined;
}

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
export class LockTable implements Desk {
  private readonly locks = new Names(false);
  private readonly semaphores = new Names(true);
  private readonly terms: Terms;
  /** When it begins to grant, on its clock; -Infinity if it has begun. */
  opensAt: number;
  private readonly alarm: Alarm;
  private readonly rounds = new Rounds(
    (room) => {
      this.attend(room);
    },
    () => {
      this.arm();
    },
  );
  private readonly crowds: Crowds;
  private readonly lockDelay: number;
  private isClosed = false;
  /** How many wait or watch. Without them nobody needs to know of an expiry when it happens. */
  private interest = 0;
  /** How many of these watch. */
  private watching = 0;

  /**
   * @param now A monotonic clock, in milliseconds.
   * @param timer Armed at most once at a time, and only while something is held and somebody waits or watches.
   */
  constructor(
    private readonly now: () => number,
    timer: Timer,
    { lockDelay = 0, onChange, lastToken = 0, opensAfter = 0, fencing = true }: TableOptions = {},
  ) {
    this.lockDelay = lockDelay;
    this.opensAt = opensAfter > 0 ? now() + opensAfter : -Infinity;
    this.terms = new Terms(fencing ? lastToken : 0, fencing ? 1 : 0, onChange);
    this.crowds = new Crowds(now);
    this.alarm = new Alarm(now, timer, () => {
      this.sweep();
      for (const room of this.crowds.take()) this.touch(room, 'holder');
      this.rounds.run();
      this.arm();
    });
  }

  /** How many names are known: those with a holder, a waiter or a watcher. */
  get size(): number {
    this.sweep();
    return this.locks.size + this.semaphores.size;
  }

  /** Is nobody granted anything any more? */
  get isShut(): boolean {
    return this.isClosed;
  }

  /** Grants nobody anything from now on. Who holds may renew and give back; who waits is left in the queue. */
  shut(): void {
    this.isClosed = true;
  }

  /** The highest fencing token that was given out; 0 if none was. */
  get lastToken(): number {
    return this.terms.last;
  }

  /** How many places are held, or kept, and how many wait. */
  get counts(): { readonly held: number; readonly waiting: number } {
    this.sweep();
    return { held: this.terms.size, waiting: this.interest - this.watching };
  }

  /**
   * Asks for a place.
   *
   * @param place A fresh one.
   * @param wait Join the queue if there is none free? Then `granted()` is called when its turn has come.
   * @throws TypeError if the place was asked for before. RangeError if the limit is below 1, or the permits are not between 1 and the limit.
   */
  acquire(place: Place, wait: boolean): Answer {
    if (place.state !== 'idle') throw new TypeError('a place serves once');
    const { name, limit } = place.ask;
    if (limit !== undefined) requirePermits(limit, place.ask.permits);
    const now = this.sweep();
    const grants = this.grantsAt(now);
    if (!grants && !wait) return 'held';
    if (limit !== undefined) return this.enter(place, this.semaphores.room(name), wait, now);
    if (grants && this.locks.claim(place)) {
      this.seat(place, now);
      return 'granted';
    }
    if (!wait && this.locks.isBarred(place)) return 'held';
    return this.enter(place, this.locks.room(name), wait, now);
  }

  /**
   * Seats who held it before a start: for its full ttl from now, and whoever else is there.
   *
   * @param place A fresh one.
   * @param token The fencing token that it was granted with.
   * @throws TypeError if the place was used before.
   */
  restore(place: Place, token: number): void {
    if (place.state !== 'idle') throw new TypeError('a place serves once');
    const { name, limit } = place.ask;
    const now = this.sweep();
    if (limit !== undefined || !this.locks.claim(place)) {
      const room = this.namesOf(limit !== undefined).room(name);
      if (limit !== undefined && !room.isWanted) room.limit = limit;
      place.link = new Link(room);
      room.admit(place);
      this.touch(room, room.newsOf(place));
    }
    place.state = 'held';
    place.table = this;
    this.terms.resume(place, token, now);
    this.rounds.run();
    this.arm();
  }

  /**
   * Makes it end `ttl` milliseconds from now.
   *
   * @returns False if it is not held any more.
   */
  renew(place: Place, ttl: number): boolean {
    const now = this.sweep();
    if (!this.holds(place)) return false;
    this.endAt(place, now + ttl, ttl);
    this.rounds.run();
    return true;
  }

  /**
   * Gives it a new fencing token, as if its holder had given it back and taken it again, and nobody had come between. It ends when it would have.
   *
   * @returns False if it is not held any more.
   */
  renumber(place: Place): boolean {
    const now = this.sweep();
    if (!this.holds(place)) return false;
    this.terms.renumber(place, now);
    const room = roomOf(place);
    if (room !== undefined) this.touch(room, room.newsOf(place));
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
    if (keepFor > 0) this.keep(place, now + keepFor, keepFor);
    else this.vacate(place);
    this.rounds.run();
    return true;
  }

  /** Leaves the queue. Nothing happens to a place that does not wait. */
  leave(place: Place): void {
    const room = roomOf(place);
    if (place.state !== 'waiting' || place.table !== this || room === undefined) return;
    this.unqueue(place, room);
    place.state = 'gone';
    place.table = undefined;
    place.link = undefined;
    this.touch(room, 'crowd');
    this.rounds.run();
  }

  /** How many are before it in the queue; `undefined` if it does not wait. */
  position(place: Place): number | undefined {
    const room = roomOf(place);
    if (place.state !== 'waiting' || room === undefined) return undefined;
    if (room.queue.last === place) return room.queue.size - 1;
    let before = 0;
    for (let other = place.link?.previous; other !== undefined; other = other.link?.previous) before++;
    return before;
  }

  /**
   * Takes a name from all who hold it, and from those who hold it no more but for whom it is kept.
   *
   * @returns How many places that were.
   */
  revoke(name: string, semaphore = false): number {
    this.sweep();
    const places = this.namesOf(semaphore).holders(name);
    this.end(places, 'revoked');
    return places.length;
  }

  status(name: string, semaphore = false): TableStatus {
    const now = this.sweep();
    const status = this.namesOf(semaphore).status(name, now);
    if (status.holders > 0 || now >= this.opensAt) return status;
    return { ...status, expiresIn: Math.ceil(this.opensAt - now) };
  }

  /** The names that are held and begin with the prefix. In no order. */
  list(prefix = '', semaphore = false): TableStatus[] {
    const now = this.sweep();
    return this.namesOf(semaphore).list(prefix, now);
  }

  /** Who waits for a name, in order. */
  queue(name: string, semaphore = false): Iterable<Place> {
    return this.namesOf(semaphore).queue(name);
  }

  /** All that wait, hold, or are kept. */
  places(): Place[] {
    this.sweep();
    return [...this.locks.places(), ...this.semaphores.places()];
  }

  /**
   * Calls back after each change of a name's status; what changes within one call of the table may be told at once, and of
   * those who only come to the queue or leave it, all of 20 ms.
   *
   * @returns Ends it.
   */
  watch(name: string, listener: () => void, semaphore = false): () => void {
    this.sweep();
    const room = this.namesOf(semaphore).room(name);
    const watchers = (room.watchers ??= new Set());
    const watcher = (): void => {
      listener();
    };
    watchers.add(watcher);
    this.interest++;
    this.watching++;
    this.arm();
    return () => {
      if (!watchers.delete(watcher)) return;
      this.interest--;
      this.watching--;
      if (watchers.size > 0) return;
      this.crowds.remove(room);
      // Nobody may be left in it.
      this.touch(room);
      this.rounds.run();
      this.arm();
    };
  }

  private enter(place: Place, room: Room, wait: boolean, now: number): Answer {
    const { limit } = place.ask;
    if (limit !== undefined && limit !== room.limit) {
      if (room.isWanted) return 'limit-mismatch';
      room.limit = limit;
    }
    // Nobody overtakes the queue, not even while the next of it is still to be told.
    const free = this.grantsAt(now) && room.queue.size === 0 && room.hasSpaceFor(place);
    if (!free && !wait) return 'held';
    place.link = new Link(room);
    if (free) {
      room.admit(place);
      this.seat(place, now);
    } else {
      room.queue.push(place);
      place.state = 'waiting';
      place.table = this;
      this.interest++;
    }
    this.touch(room, room.newsOf(place));
    this.rounds.run();
    if (!free) return 'queued';
    // A watcher may have taken it away already.
    return this.holds(place) ? 'granted' : 'held';
  }

  private grantsAt(now: number): boolean {
    return !this.isClosed && now >= this.opensAt;
  }

  private seat(place: Place, now: number): void {
    place.state = 'held';
    place.table = this;
    this.terms.begin(place, now);
  }

  private holds(place: Place): boolean {
    return place.state === 'held' && place.table === this;
  }

  private endAt(place: Place, due: number, ttl: number): void {
    this.terms.endAt(place, due, ttl);
    const room = roomOf(place);
    if (room !== undefined) this.touch(room, room.newsOf(place));
  }

  /** Its owner has it no more, and nobody else gets it yet. */
  private keep(place: Place, due: number, ttl: number): void {
    place.state = 'kept';
    this.endAt(place, due, ttl);
  }

  private vacate(place: Place): void {
    const room = roomOf(place);
    this.terms.remove(place);
    place.state = 'gone';
    place.table = undefined;
    if (room === undefined) {
      this.locks.delete(place.ask.name);
      if (this.terms.size === 0) this.arm();
      return;
    }
    this.touch(room, room.newsOf(place));
    room.dismiss(place);
    place.link = undefined;
  }

  /** Has a room attended to. */
  private touch(room: Room, news: Room['news'] = 'none'): void {
    if (news === 'holder' || room.news === 'none') room.news = news;
    this.rounds.add(room);
  }

  private unqueue(place: Place, room: Room): void {
    room.queue.remove(place);
    this.interest--;
  }

  /** Hands over one place, or tells the watchers if there is none to hand over. */
  private attend(room: Room): void {
    const next = room.queue.first;
    if (next !== undefined && this.grantsAt(this.now()) && room.hasSpaceFor(next)) {
      this.unqueue(next, room);
      room.admit(next);
      this.seat(next, this.now());
      // After the others: no room that is busy for ever may keep them waiting.
      this.touch(room, room.newsOf(next));
      next.granted();
    } else if (room.isWatched) this.tell(room);
    else {
      room.news = 'none';
      if (!room.isWanted) room.directory.delete(room.name);
    }
  }

  private tell(room: Room): void {
    if (room.news === 'crowd') {
      this.crowds.add(room);
      this.arm();
    } else if (room.news === 'holder') {
      this.crowds.remove(room);
      room.tell();
    }
  }

  /** Ends what has expired, as every other call does first. @returns The time. */
  sweep(): number {
    let now = this.now();
    if (this.opensAt !== -Infinity && now >= this.opensAt) this.open();
    while (this.terms.next <= now) {
      // All of them, so that their owners are told before anything is handed over.
      this.end(this.terms.takeEnded(now), 'expired');
      now = this.now();
    }
    return now;
  }

  /**
   * Takes these places away, tells their owners, and only then hands them over. What several had together is free once all
   * of them were told: the first of them may ask for it again at once.
   */
  private end(places: readonly Place[], reason: EndReason): void {
    const told = new Map<Owner, Place[]>();
    const later: Place[] = [];
    for (const place of places) {
      // Its owner is being told already, and found it again.
      if (place.state === 'gone') continue;
      const isHeld = place.state === 'held';
      const delay = reason === 'expired' ? (place.ask.lockDelay ?? this.lockDelay) : 0;
      if (isHeld && delay > 0) this.keep(place, place.due + delay, delay);
      else if (isShared(place)) {
        place.state = 'gone';
        later.push(place);
      } else this.vacate(place);
      if (!isHeld) continue;
      const others = told.get(place.owner);
      if (others === undefined) told.set(place.owner, [place]);
      else others.push(place);
    }
    this.rounds.runAfter(() => {
      try {
        for (const [owner, ended] of told) owner.ended(ended, reason);
      } finally {
        for (const place of later) this.vacate(place);
      }
    });
  }

  /** Whoever has waited for that gets what he asked for. */
  private open(): void {
    this.opensAt = -Infinity;
    this.rounds.runAfter(() => {
      for (const place of this.places()) {
        const room = roomOf(place);
        if (room !== undefined) this.touch(room);
      }
    });
  }

  private arm(): void {
    const due =
      this.interest === 0
        ? Infinity
        : Math.min(this.terms.next, this.crowds.due, this.opensAt === -Infinity ? Infinity : this.opensAt);
    this.alarm.set(due);
  }

  private namesOf(semaphore: boolean): Names {
    return semaphore ? this.semaphores : this.locks;
  }
}

/** Is it one of several that are held together? */
function isShared(place: Place): boolean {
  return (roomOf(place)?.holders.size ?? 1) > 1;
}

function requirePermits(limit: number, permits = 1): void {
  if (!(limit >= 1)) throw new RangeError('the limit of a semaphore is at least 1');
  if (!(permits >= 1 && permits <= limit)) throw new RangeError('the permits are between 1 and the limit');
}
