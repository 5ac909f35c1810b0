import { catchError, defer, EMPTY, repeat, share, throwError, timer, type Observable, type SchedulerLike } from 'rxjs';
import { LockError } from '../../../contract/errors.js';
import type { LockStatus } from '../../../contract/status.js';

/** How often a name is looked at that is watched. Milliseconds. */
const PERIOD = 500;

/** Looks again and again, as Redis does not tell of changes. What cannot be looked at now is looked at later; what never can be is an error. */
export function lookAgain(look: () => Observable<LockStatus>, scheduler: SchedulerLike): Observable<LockStatus> {
  return defer(look).pipe(
    catchError((error: unknown) => (error instanceof LockError && error.retryable ? EMPTY : throwError(() => error))),
    repeat({ delay: () => timer(PERIOD, scheduler) }),
    share(),
  );
}
