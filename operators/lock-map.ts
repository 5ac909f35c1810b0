import {
  mergeMap,
  queueScheduler,
  subscribeOn,
  type Observable,
  type ObservableInput,
  type ObservedValueOf,
  type OperatorFunction,
} from 'rxjs';
import type { LockEvent } from '../src/contract/lease.js';
import { requireCount } from '../src/values/require-count.js';
import { requireFunction } from '../src/values/require-function.js';
import { resolvePlan } from './internal/plan.js';
import type { LeaseOf, LockWorkOptions } from './internal/lock-work-options.js';
import { usingLock } from './using-lock.js';

/** Options of {@link lockMap}. */
export interface LockMapOptions<L> extends LockWorkOptions<L> {
  /** How many values are worked on at once. One that still waits for its lock counts too. `Infinity` by default. */
  readonly concurrent?: number | undefined;
}

/**
 * `mergeMap` with a lock for each value: takes the lock that `lockFor` gives for it, and runs `work` under that lock.
 *
 * ```text
 * source    a-----b--------|        a and b have locks of their own
 * lockMap   ---A-----B-----|
 * ```
 *
 * An error of the work or of a lock ends the result, as in `mergeMap`. To go on after an error, catch it inside the work.
 *
 * @param lockFor The lock for a value; `index` counts the values.
 * @param work What to do with the value under that lock.
 * @param options `concurrent` (`Infinity`), `onLost` (`'error'`), `drain` (none), `drainTimeout` (the lease's ttl).
 * @throws LockValidationError for a bad argument or option, naming it.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { lockMap } from 'rxlock/operators';
 * import { from, of } from 'rxjs';
 *
 * const locks = createLocks(memory());
 * from([1, 2, 3])
 *   .pipe(lockMap((id) => locks.lock$(`orders/${id}`, '30s'), (id) => of(`order ${id} is charged`), { concurrent: 2 }))
 *   .subscribe(console.log);
 * ```
 */
export function lockMap<T, E extends LockEvent<unknown>, O extends ObservableInput<unknown>>(
  lockFor: (value: T, index: number) => Observable<E>,
  work: (value: T, lease: LeaseOf<E>, index: number) => O,
  options: LockMapOptions<LeaseOf<E>> = {},
): OperatorFunction<T, ObservedValueOf<O>> {
  requireFunction('lockFor', lockFor);
  requireFunction('work', work);
  const { concurrent = Infinity, ...rest } = options;
  if (concurrent !== Infinity) requireCount('concurrent', concurrent);
  resolvePlan(() => [], rest);
  return mergeMap((value, index) => {
    const inner$ = usingLock(lockFor(value, index), (lease) => work(value, lease, index), rest);
    // `mergeMap` starts what it has buffered on the stack of what has just completed: 10,000 that complete at once would
    // overflow it. The queue makes it a loop.
    return concurrent === Infinity ? inner$ : inner$.pipe(subscribeOn(queueScheduler));
  }, concurrent);
}
