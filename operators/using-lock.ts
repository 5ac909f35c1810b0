import type { Observable, ObservableInput, ObservedValueOf } from 'rxjs';
import type { LockEvent } from '../src/contract/lease.js';
import { requireStream, resolvePlan } from './internal/plan.js';
import { Session, type Signal } from './internal/session.js';
import type { LeaseOf, LockWorkOptions } from './internal/lock-work-options.js';

/**
 * Runs work while a lock is held, and hands it the lease: RxJS's `using` for a distributed lock.
 *
 * - The work is called and subscribed when the lock is acquired; each of its values passes a look at the clock.
 * - On loss it is unsubscribed in the same tick, and `onLost` decides what follows.
 * - When it completes, fails or is unsubscribed, it is stopped first, then drained while the lock is still held and
 *   renewed, and only then the lock is given back. The result ends after that.
 * - When the lock is given back while it runs (`until`, `maxHold`, `lease.release()`), it is stopped, and the result
 *   completes.
 *
 * A promise cannot be unsubscribed: `lease.signal` aborts, and the lock is held until the promise has settled, at most
 * `drainTimeout`. The same goes for an async iterable until its next value. What fails after the result has ended is
 * told on `locks.events$` as `drain-error`.
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
