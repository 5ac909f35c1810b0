import { Names } from './names.js';
import type { EndReason, Owner, Place } from './place.js';
import { roomOf, type Room } from './room.js';
import type { Rounds } from './rounds.js';
import type { Terms } from './terms.js';

/** Who sits where: how places are taken, given up and taken away, and what has to be looked at after that. Whose turn it is, it does not know. */
export class Seating {
  readonly locks = new Names(false);
  readonly semaphores = new Names(true);
  /** How many wait. */
  waiting = 0;

  /**
   * @param emptied Called when nothing is held any more.
   * @param lockDelay Milliseconds for which the place of a holder that has expired stays taken, unless he said otherwise.
   */
  constructor(
    private readonly terms: Terms,
    private readonly rounds: Rounds,
    private readonly emptied: () => void,
    private readonly lockDelay: number,
  ) {}

  of(semaphore: boolean): Names {
    return semaphore ? this.semaphores : this.locks;
  }

  /** All that wait, hold, or are kept. */
  *places(): Generator<Place> {
    yield* this.locks.places();
    yield* this.semaphores.places();
  }

  /** Makes it held: it has its name, or its permits, already. */
  begin(place: Place, now: number): void {
    place.state = 'held';
    this.terms.begin(place, now);
  }

  endAt(place: Place, due: number, ttl: number): void {
    this.terms.endAt(place, due, ttl);
    this.touchRoomOf(place);
  }

  /** Its owner has it no more, and nobody else gets it yet. */
  keep(place: Place, due: number, ttl: number): void {
    place.state = 'kept';
    this.endAt(place, due, ttl);
  }

  /** It is free for the next. */
  vacate(place: Place): void {
    const room = roomOf(place);
    this.terms.remove(place);
    place.state = 'gone';
    place.table = undefined;
    if (room === undefined) {
      this.locks.delete(place.ask.name);
      if (this.terms.size === 0) this.emptied();
      return;
    }
    this.touch(room, room.newsOf(place));
    room.dismiss(place);
    place.link = undefined;
  }

  queue(place: Place, room: Room): void {
    room.queue.push(place);
    place.state = 'waiting';
    this.waiting++;
  }

  unqueue(place: Place, room: Room): void {
    room.queue.remove(place);
    this.waiting--;
  }

  /** Something about one of its holders has changed. */
  touchRoomOf(place: Place): void {
    const room = roomOf(place);
    if (room !== undefined) this.touch(room, room.newsOf(place));
  }

  /** Has a room attended to. */
  touch(room: Room, news: Room['news'] = 'none'): void {
    if (news === 'holder' || room.news === 'none') room.news = news;
    this.rounds.add(room);
  }

  /**
   * Takes these places away, tells their owners, and only then hands them over. What several had together is free once all
   * of them were told: the first of them may ask for it again at once.
   */
  end(places: readonly Place[], reason: EndReason): void {
    const told = new Map<Owner, Place[]>();
    const later: Place[] = [];
    for (const place of places) {
      // Its owner is being told already, and found it again.
      if (place.state === 'gone') continue;
      const isHeld = place.state === 'held';
      this.takeAway(place, reason, later);
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

  /** @param later To which those are added that are still to be vacated. */
  private takeAway(place: Place, reason: EndReason, later: Place[]): void {
    const delay = reason === 'expired' ? (place.ask.lockDelay ?? this.lockDelay) : 0;
    if (place.state === 'held' && delay > 0) this.keep(place, place.due + delay, delay);
    else if (isShared(place)) {
      place.state = 'gone';
      later.push(place);
    } else this.vacate(place);
  }
}

/** Is it one of several that are held together? */
function isShared(place: Place): boolean {
  return (roomOf(place)?.holders.size ?? 1) > 1;
}
