import { of, retry, throwError, type MonoTypeOperatorFunction } from 'rxjs';
import { LockNetworkError } from '../../../contract/errors.js';

/**
 * Sends once more what failed below HTTP and not for want of time: a kept-alive connection that the server closed
 * meanwhile fails at once. Only for what has the same effect twice.
 */
export function retryCutOff<T>(): MonoTypeOperatorFunction<T> {
  return retry({
    count: 1,
    delay: (error: unknown) =>
      error instanceof LockNetworkError && error.cause !== undefined ? of(0) : throwError(() => error),
  });
}
