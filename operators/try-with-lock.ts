import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { LockEvent } from '../src/contract/lease.js';
import { requireStream } from './internal/plan.js';
import { unlessHeld } from './internal/unless-held.js';
import type { LeaseOf, LockWorkOptions } from './internal/lock-work-options.js';
import { withLock } from './with-lock.js';

/**
 * Like `withLock`, but if somebody else has the lock, it completes without a value and does not run the source. For a cron job
 * that every instance starts, and only one must run.
 *
 * ```text
 * lock$         --w                       (w: waiting, held by another)
 * source
 * tryWithLock   --|
 * ```
 *
 * If the service cannot be reached, it is not known who has the lock: then this waits, as long as the lock's `wait` and `retry`
 * say. Everything else is as in {@link withLock}.
 *
 * @param lock$ The stream of a lock.
 * @param options `onLost` (`'error'`), `drain` (none), `drainTimeout` (the lease's ttl).
 * @throws LockValidationError for a bad argument or option, naming it.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { tryWithLock } from 'rxlock/operators';
 * import { of } from 'rxjs';
 *
 * const locks = createLocks(memory());
 * of('the report').pipe(tryWithLock(locks.lock$('hourly-report', '30s'))).subscribe(console.log);
 * ```
 */
export function tryWithLock<T, E extends LockEvent<unknown>>(
  lock$: Observable<E>,
  options: LockWorkOptions<LeaseOf<E>> = {},
): MonoTypeOperatorFunction<T> {
  requireStream('lock$', lock$);
  return withLock(unlessHeld(lock$), options);
}
