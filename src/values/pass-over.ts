import { catchError, EMPTY, throwError, type MonoTypeOperatorFunction } from 'rxjs';
import { LockError } from '../contract/errors.js';

/** Completes in place of an error that may pass, for who looks again by himself. */
export function passOver<T>(): MonoTypeOperatorFunction<T> {
  return catchError((error: unknown) =>
    error instanceof LockError && error.retryable ? EMPTY : throwError(() => error),
  );
}
