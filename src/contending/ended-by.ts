import { defer, from, take, takeUntil, tap, type MonoTypeOperatorFunction, type ObservableInput } from 'rxjs';
import type { HeldLease } from '../lease/held-lease.js';
import type { LockEvent } from '../contract/lease.js';

/** The first value of `notifier` releases the lock, or, while there is none, ends the wait for it. */
export function endedBy(notifier: ObservableInput<unknown>): MonoTypeOperatorFunction<LockEvent> {
  return (lock$) =>
    defer(() => {
      let lease: HeldLease | undefined;
      const stop$ = from(notifier).pipe(
        take(1),
        // A held lock ends its stream itself, with `released`.
        tap(() => lease?.finishGently()),
      );
      const follow = (event: LockEvent): void => {
        lease = event.type === 'waiting' || event.type === 'lost' ? undefined : (event.lease as HeldLease);
      };
      return lock$.pipe(tap(follow), takeUntil(stop$));
    });
}
