import type { OnChange } from './terms.js';

/** What a table does otherwise than by default. */
export interface TableOptions {
  /** Milliseconds for which the place of a holder that has expired stays taken. 0 by default. */
  readonly lockDelay?: number | undefined;
  /** Told of each grant, and of what becomes of it: for whoever keeps a record. Nobody by default. */
  readonly onChange?: OnChange | undefined;
  /** No fencing token is as low as this, or lower: 0 by default. */
  readonly lastToken?: number | undefined;
  /** So long nobody is granted anything: what a table before this one had granted may still be believed in. 0 by default. Milliseconds. */
  readonly opensAfter?: number | undefined;
  /** Are there fencing tokens? `true` by default: not for a table that may be made anew, and would give them out again. */
  readonly fencing?: boolean | undefined;
}
