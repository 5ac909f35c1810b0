import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { LockEvent } from '../src/contract/lease.js';
import { requireStream, resolvePlan } from './internal/plan.js';
import type { LeaseOf, LockWorkOptions } from './internal/lock-work-options.js';
import { usingLock } from './using-lock.js';

/**
 * Runs the source only while a lock is held. What is above it in the `pipe` is protected, what is below is not.
 *
 * ```text
 * lock$      w----a-------------l        (w: waiting, a: acquired, l: lost)
 * source          ^--1--2--3----!
 * withLock   --------1--2--3----#        LockLostError
 * ```
 *
 * The source is subscribed when the lock is acquired. At each value the clock is checked, so that no value passes too late, even
 * if the event loop was blocked. When the source ends, or when you unsubscribe: the source is stopped, then `drain` runs under
 * the lock, then the lock is given back, and then the result completes or errors. A loss, and a release during the work, are as
 * in {@link usingLock}.
 *
 * @param lock$ The stream of a lock. Subscribed once for each subscription of the result.
 * @param options `onLost` (`'error'`), `drain` (none), `drainTimeout` (the lease's ttl).
 * @returns An operator. The result errors with `LockLostError`, with the source's own error, or with that of the lock.
 * @throws LockValidationError for a bad argument or option, naming it.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { withLock } from 'rxlock/operators';
 * import { interval, take } from 'rxjs';
 *
 * const locks = createLocks(memory());
 * interval(20).pipe(take(3), withLock(locks.lock$('report', '30s'))).subscribe(console.log);
 * ```
 *
 * @see usingLock for work that needs its lease; tryWithLock for work that another instance may do instead
 */
export function withLock<T, E extends LockEvent<unknown>>(
  lock$: Observable<E>,
  options: LockWorkOptions<LeaseOf<E>> = {},
): MonoTypeOperatorFunction<T> {
  requireStream('lock$', lock$);
  // What is wrong with the options is told here, not when the operator is applied.
  resolvePlan(() => [], options);
  return (source) => usingLock(lock$, () => source, options);
}
