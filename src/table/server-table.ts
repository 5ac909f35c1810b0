import type { Timer } from '../values/alarm.js';
import { LockTable, requireFresh, type Answer, type TableOptions } from './lock-table.js';
import type { OnChange } from './terms.js';
import type { Place } from './place.js';
import { Link, Room, roomOf } from './room.js';
import { ServerTerms } from './server-terms.js';
import type { TableStatus } from './table-status.js';

/** What the table of a server does otherwise than by default. */
export interface ServerTableOptions extends TableOptions {
  /** Told of each grant, and of what becomes of it: for whoever keeps a record. Nobody by default. */
  readonly onChange?: OnChange | undefined;
  /** No fencing token is as low as this, or lower: 0 by default. */
  readonly lastToken?: number | undefined;
  /** So long nobody is granted anything: what a table before this one had granted may still be believed in. 0 by default. Milliseconds. */
  readonly opensAfter?: number | undefined;
  /** Are there fencing tokens? `true` by default: not for a table that may be made anew, and would give them out again. */
  readonly fencing?: boolean | undefined;
}

/** The table of a server: it goes on with what one before it has granted, begins later, ends earlier, and tells how full it is. */
export class ServerTable extends LockTable {
  declare protected readonly terms: ServerTerms;
  private isClosed = false;
  private opening: number;

  /**
   * @param now A monotonic clock, in milliseconds.
   * @param timer Armed at most once at a time, and only while something is to come and somebody waits or watches.
   */
  constructor(now: () => number, timer: Timer, options: ServerTableOptions = {}) {
    super(now, timer, options, new ServerTerms(options));
    const { opensAfter = 0 } = options;
    this.opening = opensAfter > 0 ? now() + opensAfter : -Infinity;
  }

  /** When it begins to grant, on its clock; -Infinity if it has begun. */
  get opensAt(): number {
    return this.opening;
  }

  /** Is nobody granted anything any more? */
  get isShut(): boolean {
    return this.isClosed;
  }

  /** The highest fencing token that was given out; 0 if none was. */
  get lastToken(): number {
    return this.terms.last;
  }

  /** How many places are held, or kept, and how many wait. */
  get counts(): { readonly held: number; readonly waiting: number } {
    this.sweep();
    return { held: this.terms.size, waiting: this.seating.waiting };
  }

  /** Does somebody hold something? What is kept, or waited for, or nobody's, does not count. It stops at the first, as there may be many. */
  get isInUse(): boolean {
    this.sweep();
    for (const { state, owner } of this.seating.places()) if (state === 'held' && owner.isNobody !== true) return true;
    return false;
  }

  /** Grants nobody anything from now on. Who holds may renew and give back; who waits is left in the queue. */
  shut(): void {
    this.isClosed = true;
  }

  override acquire(place: Place, wait: boolean): Answer {
    return wait || this.grants() ? super.acquire(place, wait) : 'held';
  }

  /**
   * Seats who held it before a start: for its full ttl from now, and whoever else is there.
   *
   * @param place A fresh one.
   * @param token The fencing token that it was granted with.
   * @throws TypeError if the place was used before.
   */
  restore(place: Place, token: number): void {
    requireFresh(place);
    const { name, limit, ttl } = place.ask;
    const { seating, terms } = this;
    const now = this.sweep();
    if (limit !== undefined || !seating.locks.claim(place)) {
      const room = seating.of(limit !== undefined).room(name);
      if (limit !== undefined && !room.isWanted) room.limit = limit;
      place.link = new Link(room);
      room.admit(place);
      seating.touch(room, room.newsOf(place));
    }
    place.state = 'held';
    place.table = this;
    terms.resume(place, token);
    terms.endAt(place, now + ttl, ttl);
    this.rounds.run();
    this.arm();
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
    this.seating.touchRoomOf(place);
    this.rounds.run();
    return true;
  }

  /** If nobody has it, and nobody is granted anything yet, it tells how long that will be. */
  override status(name: string, semaphore = false): TableStatus {
    const status = super.status(name, semaphore);
    if (status.holders > 0 || this.opening === -Infinity) return status;
    return { ...status, expiresIn: Math.ceil(this.opening - this.now()) };
  }

  /** The names that are known and begin with the prefix: each may be held or not. In no order. */
  names(prefix = '', semaphore = false): string[] {
    this.sweep();
    return this.seating.of(semaphore).names(prefix);
  }

  /** Who waits for a name, in order. */
  queue(name: string, semaphore = false): Iterable<Place> {
    const found = this.seating.of(semaphore).find(name);
    return found instanceof Room ? found.queue : [];
  }

  override sweep(): number {
    if (this.opening !== -Infinity && this.now() >= this.opening) this.open();
    return super.sweep();
  }

  protected override grants(): boolean {
    return !this.isClosed && (this.opening === -Infinity || this.now() >= this.opening);
  }

  protected override get due(): number {
    return this.opening === -Infinity ? super.due : Math.min(super.due, this.opening);
  }

  /** Whoever has waited for that gets what he asked for. */
  private open(): void {
    this.opening = -Infinity;
    this.rounds.runAfter(() => {
      for (const place of this.places()) {
        const room = roomOf(place);
        if (room !== undefined) this.seating.touch(room);
      }
    });
  }
}
