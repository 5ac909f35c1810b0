import type { Observable, ObservableInput, ObservedValueOf } from 'rxjs';
import type { LockEvent } from '../src/contract/lease.js';
import { requireStream, resolvePlan } from './internal/plan.js';
import { Session, type Signal } from './internal/session.js';
import type { LeaseOf, LockWorkOptions } from './internal/lock-work-options.js';

/**
 * Runs work while a lock is held, and gives it the lease: like RxJS's `using`, for a lock.
 *
 * - When the lock is acquired, `work` is called, and its result is subscribed. At each of its values the clock is checked.
 * - After a loss the work is unsubscribed in the same tick. `onLost` says what happens then.
 * - When the work completes or fails, or when you unsubscribe: the work is stopped, then `drain` runs, then the lock is given
 *   back, and then the result ends. Until it is given back, the lock is renewed.
 * - When the lock is given back during the work (`until`, `maxHold`, `lease.release()`), the work is stopped, and the result
 *   completes.
 *
 * A promise cannot be unsubscribed: `lease.signal` aborts, and the lock is kept until the promise has settled, for
 * `drainTimeout` at most. An async iterable is waited for in the same way, until its next value. An error that comes after the
 * result has ended is a `drain-error` on `locks.events$`.
 *
 * @param lock$ The stream of a lock. Subscribed once for each subscription of the result.
 * @param work Called with the lease. Returns what RxJS's `from` takes.
 * @param options `onLost` (`'error'`), `drain` (none), `drainTimeout` (the lease's ttl).
 * @returns The values of the work. Errors with `LockLostError`, with the work's own error, or with that of the lock.
 * @throws LockValidationError for a bad argument or option, naming it.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { usingLock } from 'rxlock/operators';
 * import { of } from 'rxjs';
 *
 * const locks = createLocks(memory());
 * usingLock(locks.lock$('ledger', '30s'), (lease) => of(`written with token ${lease.fencingToken}`)).subscribe(console.log);
 * ```
 *
 * @see withLock for a source that does not need its lease
 */
export function usingLock<E extends LockEvent<unknown>, O extends ObservableInput<unknown>>(
  lock$: Observable<E>,
  work: (lease: LeaseOf<E>) => O,
  options: LockWorkOptions<LeaseOf<E>> = {},
): Observable<ObservedValueOf<O>> {
  requireStream('lock$', lock$);
  const plan = resolvePlan<ObservedValueOf<O>, LeaseOf<E>>(work as unknown as Work<E, O>, options);
  // The event's type is a parameter, so TypeScript cannot see that its `acquired` carries this lease.
  return Session.run$(lock$ as unknown as Observable<Signal<LeaseOf<E>>>, plan);
}

type Work<E, O extends ObservableInput<unknown>> = (lease: LeaseOf<E>) => ObservableInput<ObservedValueOf<O>>;
