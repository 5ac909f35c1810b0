import type { Interest } from './interest.js';
import type { Place } from './place.js';
import { roomOf } from './room.js';
import type { Seating } from './seating.js';
import type { TableStatus } from './table-status.js';

/** What a table tells. Whoever asks changes nothing by it, but for what has expired: that is gone first. */
export abstract class TableView {
  protected abstract readonly seating: Seating;
  protected abstract readonly interest: Interest;

  /** Ends what has expired. @returns The time. */
  abstract sweep(): number;

  /** When it begins to grant, on its clock; -Infinity if it has begun. */
  get opensAt(): number {
    return this.interest.opensAt;
  }

  /** How many names are known: those with a holder, a waiter or a watcher. */
  get size(): number {
    this.sweep();
    return this.seating.locks.size + this.seating.semaphores.size;
  }

  /** The highest fencing token that was given out; 0 if none was. */
  get lastToken(): number {
    return this.seating.terms.last;
  }

  /** How many places are held, or kept, and how many wait. */
  get counts(): { readonly held: number; readonly waiting: number } {
    this.sweep();
    return { held: this.seating.terms.size, waiting: this.interest.waiting };
  }

  /** Does somebody hold something? What is kept, or waited for, does not count. It stops at the first, as there may be many. */
  get isInUse(): boolean {
    this.sweep();
    const { locks, semaphores } = this.seating;
    return hasHolder(locks.places()) || hasHolder(semaphores.places());
  }

  /** How many are before it in the queue; `undefined` if it does not wait. */
  position(place: Place): number | undefined {
    return place.state === 'waiting' ? roomOf(place)?.queue.before(place) : undefined;
  }

  status(name: string, semaphore = false): TableStatus {
    const now = this.sweep();
    const status = this.seating.of(semaphore).status(name, now);
    if (status.holders > 0 || now >= this.opensAt) return status;
    return { ...status, expiresIn: Math.ceil(this.opensAt - now) };
  }

  /** The names that are known and begin with the prefix: each may be held or not. In no order. */
  names(prefix = '', semaphore = false): string[] {
    this.sweep();
    return this.seating.of(semaphore).names(prefix);
  }

  /** The names that are held and begin with the prefix. In no order. */
  list(prefix = '', semaphore = false): TableStatus[] {
    const now = this.sweep();
    return this.seating.of(semaphore).list(prefix, now);
  }

  /** Who waits for a name, in order. */
  queue(name: string, semaphore = false): Iterable<Place> {
    return this.seating.of(semaphore).queue(name);
  }

  /** All that wait, hold, or are kept. */
  places(): Place[] {
    this.sweep();
    const { locks, semaphores } = this.seating;
    return [...locks.places(), ...semaphores.places()];
  }
}

function hasHolder(places: Iterable<Place>): boolean {
  for (const { state } of places) if (state === 'held') return true;
  return false;
}
