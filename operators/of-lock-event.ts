import { filter, type Observable } from 'rxjs';
import type { LocksEvent } from '../src/contract/lease.js';
import { EVENT_TYPES } from './internal/event-types.js';
import { invalid } from '../src/values/invalid.js';
import { show } from '../src/values/show.js';

/**
 * Passes only the events of some types; TypeScript then knows which. For `lock$` and for `locks.events$`.
 *
 * ```text
 * lock$                    w---a---r---r---l|
 * ofLockEvent('acquired')  ----a------------|
 * ```
 *
 * Do not put it between a lock and `withLock` or `usingLock`: they need all events.
 *
 * @param types At least one.
 * @throws LockValidationError for none, and for an unknown one.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 * import { ofLockEvent } from 'rxlock/operators';
 * import { take } from 'rxjs';
 *
 * const locks = createLocks(memory());
 * locks
 *   .lock$('report', '30s')
 *   .pipe(ofLockEvent('acquired'), take(1))
 *   .subscribe(({ lease }) => console.log(lease.name));
 * ```
 */
export function ofLockEvent<K extends LocksEvent['type']>(
  ...types: readonly [K, ...K[]]
): <E extends { readonly type: string }>(source: Observable<E>) => Observable<Extract<E, { readonly type: K }>> {
  if (types.length === 0) throw invalid('types', 'is empty');
  for (const type of types) {
    if (!EVENT_TYPES.has(type)) throw invalid('types', `contains ${show(type)}, which is not the type of an event`);
  }
  const wanted = new Set<string>(types);
  return <E extends { readonly type: string }>(source: Observable<E>) =>
    source.pipe(filter((event): event is Extract<E, { readonly type: K }> => wanted.has(event.type)));
}
