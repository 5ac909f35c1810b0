import type { ServerTable } from '../table/server-table.js';
import type { Place } from '../table/place.js';
import type { Records } from './records.js';

/** What becomes of a grant: it is held, and stored; it is over, whatever the reason; or it cannot be stored, and is to be given back. */
export type GrantOutcome = 'held' | 'over' | Error;

/**
 * Calls back, within a turn, when a grant is stored, or cannot be: at once, within the call, if nothing has to be written. No front says a grant before
 * that.
 *
 * @param ttl How long its client will believe in it from when it is told, if it is not told when it ends: it lasts so long from then on. Milliseconds.
 */
export function grantStored(
  { records, table }: { readonly records: Records; readonly table: ServerTable },
  place: Place,
  done: (outcome: GrantOutcome) => void,
  ttl?: number,
): void {
  let isLate = false;
  records.whenStored((failure) => {
    // It may have ended meanwhile, and nobody has looked.
    if (isLate) table.sweep();
    if (place.state !== 'held') done('over');
    else {
      if (isLate && failure === undefined && ttl !== undefined) table.renew(place, ttl);
      done(failure ?? 'held');
    }
  }, place);
  isLate = true;
}
