import { share, type MonoTypeOperatorFunction, type Observable } from 'rxjs';
import type { LockEvent } from '../src/contract/lease.js';
import { Hub } from './internal/hub.js';

/**
 * One lease for many subscribers in one process: taken with the first subscriber, given back with the last.
 *
 * ```text
 * lock$         w---a----------r--       (w: waiting, a: acquired, r: renewed)
 * subscriber 1  w---a----------r--
 * subscriber 2           a-----r--       subscribed later
 * ```
 *
 * A late subscriber first gets the current state: the same `acquired` event if the lease is still held, else the last
 * `waiting`. When the lock's stream has ended, the next subscriber asks for the lock again.
 *
 * What one subscriber does has no effect on the others, except `lease.release()`, which gives the lock back for all. The work of
 * each operator sees a `signal` of its own. Work that does not stop ends the renewals only if nobody else is left. After a loss,
 * operators with `onLost: 'reacquire'` ask for the lock again; the others end as their own `onLost` says, and a subscriber without
 * an operator ends as the lock's `onLost` says.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { ofLockEvent, shareLease } from 'rxlock/operators';
 * import { take } from 'rxjs';
 *
 * const locks = createLocks(memory());
 * const shared$ = locks.lock$('cache', '30s').pipe(shareLease(), ofLockEvent('acquired'), take(1));
 * shared$.subscribe((event) => console.log('first', event.lease.fencingToken));
 * ```
 */
export function shareLease<E extends LockEvent<unknown>>(): MonoTypeOperatorFunction<E> {
  return (lock$) => {
    const shared$: Observable<E> = lock$.pipe(share({ connector: () => new Hub<E>(() => shared$) }));
    return shared$;
  };
}
