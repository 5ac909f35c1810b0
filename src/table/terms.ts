import { Heap } from '../values/heap.js';
import type { Place } from './place.js';

/**
 * Called when a place is held, or kept, from now on for so many milliseconds: after a grant, and whenever that changes. 0: it has ended. Must not
 * call the table.
 *
 * @param before The fencing token that it had, if it has another one from now on.
 */
export type OnChange = (place: Place, ttl: number, before?: number) => void;

/** Over so many moments places are spread that would all be looked at together. */
const SPREAD = 256;

/** Who holds until when: each from its grant, or its last renewal, for as long as its ttl. */
export class Terms {
  private readonly ends = new Heap<Place>();

  /**
   * @param lastToken The first that is given out is greater.
   * @param step 0: nobody is given one.
   */
  constructor(
    private lastToken: number,
    private readonly step: 0 | 1,
    private readonly onChange: OnChange | undefined,
  ) {}

  /** The highest token that was given out. */
  get last(): number {
    return this.lastToken;
  }

  get size(): number {
    return this.ends.size;
  }

  /** When the first of them ends. Infinity: nothing is held. */
  get next(): number {
    return this.ends.due;
  }

  /** A grant. Its token is greater than that of any before it, whatever their names and modes. */
  begin(place: Place, now: number): void {
    place.token = this.lastToken += this.step;
    this.endAt(place, now + place.ask.ttl, place.ask.ttl);
  }

  /** A grant of before a start, with the token that it has. */
  resume(place: Place, token: number, now: number): void {
    place.token = token;
    this.lastToken = Math.max(this.lastToken, token);
    this.endAt(place, now + place.ask.ttl, place.ask.ttl);
  }

  /** A new token, for what is held already. It ends when it would have. */
  renumber(place: Place, now: number): void {
    const before = place.token;
    place.token = this.lastToken += this.step;
    this.onChange?.(place, Math.ceil(place.due - now), before);
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

  /** Takes out all that have ended by now; those that were put off meanwhile go on. */
  takeEnded(now: number): readonly Place[] {
    const ended: Place[] = [];
    for (let place = this.ends.peek(); place !== undefined && place.due <= now; place = this.ends.peek()) {
      place.due = Math.ceil(place.until);
      if (place.due > now) this.lookAgain(place, now);
      else {
        ended.push(place);
        this.ends.remove(place);
      }
    }
    return ended;
  }

  /**
   * Looks at it again when it would end now, or a while before: an owner that puts off all of many places at once would have all of them looked at, at
   * once, each time.
   */
  private lookAgain(place: Place, now: number): void {
    const share = 1 - (place.token % SPREAD) / (4 * SPREAD);
    place.due = now + Math.ceil((place.due - now) * share);
    this.ends.update(place);
  }
}
