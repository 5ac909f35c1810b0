import { asyncScheduler, retry, throwError, timer, type MonoTypeOperatorFunction } from 'rxjs';
import { LockNetworkError } from '../../../contract/errors.js';

/**
 * Sends once more what failed below HTTP and not for want of time: a kept-alive connection that the server closed
 * meanwhile fails at once. Only for what has the same effect twice.
 *
 * In a turn of its own, in the real time that connections live in: others that were closed in the same moment are known
 * by then, and are not used for it.
 */
export function retryCutOff<T>(): MonoTypeOperatorFunction<T> {
  return retry({
    count: 1,
    delay: (error: unknown) =>
      error instanceof LockNetworkError && error.cause !== undefined
        ? timer(0, asyncScheduler)
        : throwError(() => error),
  });
}
