import type { DflockdPlace } from './dflockd-place.js';

/** An answer that is said when what it promises is stored. */
export interface Promised {
  readonly place: DflockdPlace;
  /** What it begins with. */
  readonly word: 'ok' | 'acquired';
  /** Of a renewal: for how many milliseconds. */
  readonly lease?: number | undefined;
}
