import type { Neighbours, Place } from './place.js';
import { permitsOf } from './permits-of.js';
import { PlaceList } from './place-list.js';

/** Where a room is listed, as it knows it. */
export interface Directory {
  delete(name: string): void;
}

/** A place's link to others, and the room that they are in: apart, because most are alone with their name. */
export class Link implements Neighbours {
  previous: Place | undefined = undefined;
  next: Place | undefined = undefined;

  constructor(readonly room: Room) {}
}

/** The room that a place stands in; none while nobody else wants its name. */
export function roomOf(place: Place): Room | undefined {
  return (place.link as Link | undefined)?.room;
}

/** A name that more than one is interested in: its holders, its queue, and who watches it. */
export class Room {
  readonly holders = new PlaceList();
  readonly queue = new PlaceList();
  /** How many permits the holders have. */
  taken = 0;
  /** Made for the first. */
  watchers: Set<() => void> | undefined = undefined;
  /** Something is to be done here. */
  touched = false;
  /** What the watchers see changed, and they have not been told. How many there are, no more: `crowd`. */
  news: 'none' | 'crowd' | 'holder' = 'none';
  nextTouched: Room | undefined = undefined;

  constructor(
    readonly name: string,
    readonly directory: Directory,
    /** How many permits there are; 0 as long as nobody has asked for one. */
    public limit: number,
  ) {}

  get isWanted(): boolean {
    return this.holders.size > 0 || this.queue.size > 0;
  }

  get isWatched(): boolean {
    return this.watchers !== undefined && this.watchers.size > 0;
  }

  /** Are there as many permits left as it takes? */
  hasSpaceFor(place: Place): boolean {
    return this.taken + permitsOf(place.ask) <= this.limit;
  }

  /** Makes it a holder. */
  admit(place: Place): void {
    this.holders.push(place);
    this.taken += permitsOf(place.ask);
  }

  /** @param place A holder. */
  dismiss(place: Place): void {
    this.holders.remove(place);
    this.taken -= permitsOf(place.ask);
  }

  /** What a change of a holder is to those who watch: of several who hold it together, the first speaks for all. */
  newsOf(place: Place): Room['news'] {
    return this.holders.first === place ? 'holder' : 'crowd';
  }

  /** Calls those who watch now; who joins meanwhile knows already. */
  tell(): void {
    this.news = 'none';
    if (this.watchers === undefined) return;
    for (const watcher of [...this.watchers]) if (this.watchers.has(watcher)) watcher();
  }
}
