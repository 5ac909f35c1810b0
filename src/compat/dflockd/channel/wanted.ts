import type { Kind } from '../../../backends/dflockd/wire/commands.js';
import type { Told } from './told.js';

/** What is wanted. */
export interface Wanted {
  readonly kind: Kind;
  readonly key: string;
  /** Seconds; the server's default if it is absent. */
  readonly lease?: number | undefined;
  /** Of a semaphore. */
  readonly limit?: number | undefined;
}

/** A grant, and since when its lease runs at the earliest: when the request was sent that last confirmed it. */
export interface Confirmed extends Told {
  readonly sentAt: number;
}
