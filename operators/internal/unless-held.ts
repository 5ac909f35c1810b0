import { catchError, EMPTY, takeWhile, throwError, type Observable } from 'rxjs';
import { LockHeldError } from '../../src/contract/errors.js';
import type { LockEvent } from '../../src/contract/lease.js';

/** Completes a lock's stream if somebody else has the lock. If the service cannot be reached, it waits on. */
export function unlessHeld<E extends LockEvent<unknown>>(lock$: Observable<E>): Observable<E> {
  return lock$.pipe(
    // Inclusive, so that after a loss it is known that the stream did not end with it.
    takeWhile((event) => event.type !== 'waiting' || event.cause !== undefined, true),
    catchError((error: unknown) => (error instanceof LockHeldError ? EMPTY : throwError(() => error))),
  );
}
