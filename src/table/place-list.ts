import type { Neighbours, Place } from './place.js';

/** A list whose links are in its members, which have one each: adding and leaving take constant time. */
export class PlaceList {
  first: Place | undefined = undefined;
  last: Place | undefined = undefined;
  size = 0;

  push(place: Place): void {
    linkOf(place).previous = this.last;
    if (this.last === undefined) this.first = place;
    else linkOf(this.last).next = place;
    this.last = place;
    this.size++;
  }

  /** @param place One of this list. */
  remove(place: Place): void {
    const link = linkOf(place);
    const { previous, next } = link;
    if (previous === undefined) this.first = next;
    else linkOf(previous).next = next;
    if (next === undefined) this.last = previous;
    else linkOf(next).previous = previous;
    link.previous = undefined;
    link.next = undefined;
    this.size--;
  }

  /** How many stand before one of this list. */
  before(place: Place): number {
    if (place === this.last) return this.size - 1;
    let count = 0;
    for (let other = linkOf(place).previous; other !== undefined; other = linkOf(other).previous) count++;
    return count;
  }

  *[Symbol.iterator](): Generator<Place> {
    for (let place = this.first; place !== undefined; place = linkOf(place).next) yield place;
  }
}

function linkOf(place: Place): Neighbours {
  return place.link as Neighbours;
}
