import { share, type MonoTypeOperatorFunction, type Observable } from 'rxjs';
import type { LockEvent } from '../src/contract/lease.js';
import { Hub } from './internal/hub.js';

/**
 * Shares one lease among many subscribers in one process: taken with the first, released with the last.
 *
 * ```text
 * lock$         w---a----------r--       (w: waiting, a: acquired, r: renewed)
 * subscriber 1  w---a----------r--
 * subscriber 2           a-----r--       subscribed later
 * ```
 *
 * Late subscribers get the current state first: `acquired`, the very event, if the lease is still held, else the last
 * `waiting`. When the lock's stream has ended, the next subscriber contends anew.
 *
 * What one of them decides binds only itself. The lease's `signal` is that of all and aborts when the last has left, but
 * work under an operator sees one of its own; work that does not stop ends the renewal only when nobody else is left;
 * after a loss, those with `onLost: 'reacquire'` go on, and for the others the stream ends as the lock's options say.
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
