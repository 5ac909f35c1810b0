import { defer, repeat, share, timer, type Observable, type SchedulerLike } from 'rxjs';
import type { LockStatus } from '../../../contract/status.js';
import { passOver } from '../../../values/pass-over.js';

/** How often a name is looked at that is watched. Milliseconds. */
const PERIOD = 500;

/** Looks again and again, as Redis does not tell of changes. What cannot be looked at now is looked at later; what never can be is an error. */
export function lookAgain(look: () => Observable<LockStatus>, scheduler: SchedulerLike): Observable<LockStatus> {
  return defer(look).pipe(passOver(scheduler), repeat({ delay: () => timer(PERIOD, scheduler) }), share());
}
