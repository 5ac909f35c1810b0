import { tap, type MonoTypeOperatorFunction } from 'rxjs';
import { refuseUnknown } from '../src/values/refuse-unknown.js';
import type { LockEvent } from '../src/contract/lease.js';
import { EVENT_TYPES } from './internal/event-types.js';
import { requireFunction } from '../src/values/require-function.js';

/** What to do at each type of event. If it throws, the stream errors, as with RxJS's `tap`. */
export type LockHandlers<E extends { readonly type: string } = LockEvent> = {
  readonly [K in E['type']]?: (event: Extract<E, { readonly type: K }>) => void;
};

/**
 * Calls a function for each type of event, and passes all events on: like RxJS's `tap`. For `lock$` and `locks.events$`.
 *
 * If you unsubscribe, you do not get `released`, because you have left by then. `locks.events$` has all events.
 *
 * @param handlers For a lock: any of `waiting`, `acquired`, `renewed`, `uncertain`, `lost`, `released`.
 * @throws LockValidationError for an unknown type, and for what is not a function.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { tapLock, withLock } from 'rxlock/operators';
 * import { of } from 'rxjs';
 *
 * const locks = createLocks(memory());
 * const lock$ = locks.lock$('report', '30s').pipe(tapLock({ acquired: ({ lease }) => console.log(`held: ${lease.name}`) }));
 * of('work').pipe(withLock(lock$)).subscribe(console.log);
 * ```
 */
export function tapLock<E extends { readonly type: string }>(handlers: LockHandlers<E>): MonoTypeOperatorFunction<E> {
  refuseUnknown(handlers, EVENT_TYPES);
  for (const [type, handler] of Object.entries(handlers)) if (handler !== undefined) requireFunction(type, handler);
  // The handler of a type takes the event of that type, which TypeScript cannot follow through an index.
  const handle = handlers as Partial<Record<string, (event: E) => void>>;
  return tap((event) => {
    handle[event.type]?.(event);
  });
}
