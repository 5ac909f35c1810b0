import type { Place } from './place.js';
import { Terms, type OnChange } from './terms.js';

/** Over so many moments places are spread that would all be looked at together. */
const SPREAD = 256;

/** What is special about them. */
export interface ServerTermsOptions {
  readonly onChange?: OnChange | undefined;
  /** The first token that is given out is greater. */
  readonly lastToken?: number | undefined;
  /** Is anybody given one? */
  readonly fencing?: boolean | undefined;
}

/** The terms of a server: tokens go on from those of before a start, and whoever has many places puts them all off at once. */
export class ServerTerms extends Terms {
  private readonly fencing: boolean;

  constructor({ onChange, lastToken = 0, fencing = true }: ServerTermsOptions) {
    super(onChange);
    this.fencing = fencing;
    if (fencing) this.last = lastToken;
  }

  /** A grant of before a start has the token that it had. */
  resume(place: Place, token: number): void {
    place.token = token;
    this.last = Math.max(this.last, token);
  }

  /** A new token, for what is held already. It ends when it would have. */
  renumber(place: Place, now: number): void {
    const before = place.token;
    this.number(place);
    this.onChange?.(place, Math.ceil(place.due - now), before);
  }

  protected override number(place: Place): void {
    if (this.fencing) super.number(place);
  }

  /** What was put off meanwhile goes on, as long as that says. */
  protected override hasEnded(place: Place, now: number): boolean {
    const until = Math.ceil(place.until);
    if (until <= now) {
      place.due = until;
      return true;
    }
    // It is looked at again when it would end now, or a while before: an owner that puts off all of many places at once would have all of them looked
    // at, at once, each time.
    const share = 1 - (place.token % SPREAD) / (4 * SPREAD);
    place.due = now + Math.ceil((until - now) * share);
    this.ends.update(place);
    return false;
  }
}
