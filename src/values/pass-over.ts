import {
  catchError,
  EMPTY,
  ignoreElements,
  throwError,
  timer,
  type MonoTypeOperatorFunction,
  type SchedulerLike,
} from 'rxjs';
import { LockError } from '../contract/errors.js';
import { demanded } from './demanded.js';

/** Completes in place of an error that may pass, for who looks again by himself; and not before the service wants to be asked again. */
export function passOver<T>(scheduler: SchedulerLike): MonoTypeOperatorFunction<T> {
  return catchError((error: unknown) => {
    if (!(error instanceof LockError && error.retryable)) return throwError(() => error);
    const rest = demanded(error);
    return rest > 0 ? timer(rest, scheduler).pipe(ignoreElements()) : EMPTY;
  });
}
