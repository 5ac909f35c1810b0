import type { BagItem } from '../../../values/bag.js';

/** Something that lives as long as its connection: a lock. */
export interface Owned extends BagItem {
  /** When it is over on the server at the latest, on `clock.elapsed`. */
  readonly endsAt: number;
  isOver: boolean;
  /** Nobody believes in it any more: it is on its way back, and no process is to live for it. */
  isLeaving: boolean;
}
