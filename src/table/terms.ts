import { Heap } from '../values/heap.js';
import type { Place } from './place.js';

/** Who holds until when: each from its grant, or its last renewal, for as long as its ttl. */
export class Terms {
  private readonly ends = new Heap<Place>();
  private lastToken = 0;

  get size(): number {
    return this.ends.size;
  }

  /** When the first of them ends. Infinity: nothing is held. */
  get next(): number {
    return this.ends.peek()?.due ?? Infinity;
  }

  /** A grant. Its token is greater than that of any before it, whatever their names and modes. */
  begin(place: Place, now: number): void {
    place.token = ++this.lastToken;
    this.endAt(place, now + place.ask.ttl);
  }

  endAt(place: Place, due: number): void {
    // Whole milliseconds are stored without an object of their own. Rounded up: no lock is free early.
    place.due = Math.ceil(due);
    if (place.position < 0) this.ends.push(place);
    else this.ends.update(place);
  }

  remove(place: Place): void {
    this.ends.remove(place);
  }

  /** Takes out all that have ended by now. */
  takeEnded(now: number): readonly Place[] {
    const ended: Place[] = [];
    for (let place = this.ends.peek(); place !== undefined && place.due <= now; place = this.ends.peek()) {
      ended.push(place);
      this.ends.remove(place);
    }
    return ended;
  }
}
