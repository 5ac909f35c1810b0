import {
  catchError,
  EMPTY,
  endWith,
  exhaustMap,
  filter,
  ignoreElements,
  map,
  race,
  timer,
  type Observable,
} from 'rxjs';
import { systemScheduler } from '../../../values/system-scheduler.js';

/** A server is not asked more often whether it is there. Milliseconds. */
const MIN_PERIOD = 1000;

/**
 * Emits when a server is not there any more: during a wait its own connection cannot tell.
 *
 * @param ask$ Asks it something on a connection of its own. Any end of that will do: who refuses is there.
 * @param patience How long that, and each wait before it, may take. Milliseconds.
 */
export function silence(ask$: Observable<unknown>, patience: number): Observable<unknown> {
  const isThere$ = ask$.pipe(
    ignoreElements(),
    catchError(() => EMPTY),
    endWith(true),
  );
  return timer(patience, Math.max(patience, MIN_PERIOD), systemScheduler).pipe(
    exhaustMap(() => race(isThere$, timer(patience, systemScheduler).pipe(map(() => false)))),
    filter((isThere) => !isThere),
  );
}
