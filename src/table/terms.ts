import { Heap } from '../values/heap.js';
import type { Place } from './place.js';

/**
 * Called when a place is held, or kept, from now on for so many milliseconds: after a grant, and whenever that changes. 0: it has ended. Must not
 * call the table.
 *
 * @param before The fencing token that it had, if it has another one from now on.
 */
export type OnChange = (place: Place, ttl: number, before?: number) => void;

/** Who holds until when: each from its grant, or its last renewal, for as long as its ttl. */
export class Terms {
  /** The highest token that was given out. */
  last = 0;
  protected readonly ends = new Heap<Place>();

  constructor(protected readonly onChange?: OnChange) {}

  get size(): number {
    return this.ends.size;
  }

  /** When the first of them ends. Infinity: nothing is held. */
  get next(): number {
    return this.ends.due;
  }

  /** A grant. Its token is greater than that of any before it, whatever their names and modes. */
  begin(place: Place, now: number): void {
    this.number(place);
    this.endAt(place, now + place.ask.ttl, place.ask.ttl);
  }

  /** @param ttl How long that is from now. */
  endAt(place: Place, due: number, ttl: number): void {
    // Whole milliseconds are stored without an object of their own. Rounded up: no lock is free early.
    place.due = Math.ceil(due);
    if (place.position < 0) this.ends.push(place);
    else this.ends.update(place);
    this.onChange?.(place, ttl);
  }

  remove(place: Place): void {
    this.ends.remove(place);
    this.onChange?.(place, 0);
  }

  /** Takes out all that have ended by now. */
  takeEnded(now: number): readonly Place[] {
    const ended: Place[] = [];
    for (let place = this.ends.peek(); place !== undefined && place.due <= now; place = this.ends.peek()) {
      if (!this.hasEnded(place, now)) continue;
      ended.push(place);
      this.ends.remove(place);
    }
    return ended;
  }

  protected number(place: Place): void {
    place.token = ++this.last;
  }

  /** Or will it be looked at again, later? */
  protected hasEnded(place: Place, now: number): boolean {
    return place.due <= now;
  }
}
