import type { Place } from './place.js';

/** A list whose links are in its members: adding and leaving take constant time. */
export class PlaceList {
  first: Place | undefined = undefined;
  last: Place | undefined = undefined;
  size = 0;

  push(place: Place): void {
    place.previous = this.last;
    if (this.last === undefined) this.first = place;
    else this.last.next = place;
    this.last = place;
    this.size++;
  }

  /** @param place One of this list. */
  remove(place: Place): void {
    const { previous, next } = place;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    place.previous = undefined;
    place.next = undefined;
    this.size--;
  }

  *[Symbol.iterator](): Generator<Place> {
    for (let place = this.first; place !== undefined; place = place.next) yield place;
  }
}
