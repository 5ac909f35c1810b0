import { filter, interval, map, pairwise, startWith, Subscription, take } from 'rxjs';
import type { Kept } from '../keeping/kept.js';
import type { Core } from './core.js';
import { resourceOf } from './resource-of.js';

/**
 * Warns, once, of a wait for a lock of our own that may never end: the same lease of ours has been in its way all the time, for as
 * long as a ttl. Whether its holder waits for this wait cannot be known; that others take turns, within their ttls, is ordinary.
 *
 * @param name As the service knows it.
 * @returns Ends with the wait.
 */
export function watchSelf(core: Core, name: string, ttl: number): Subscription {
  if (core.hasWarned('RXLOCK_SELF')) return Subscription.EMPTY;
  const holder = (): Kept | undefined => core.keeper.oneOf(resourceOf(name, undefined));
  return interval(ttl, core.runtime.scheduler)
    .pipe(
      startWith(undefined),
      map(holder),
      pairwise(),
      // By itself: of several that share the lock, another may be found by now.
      filter(([before]) => before !== undefined && before.permits > 0),
      take(1),
    )
    .subscribe(() => {
      core.warn(
        'RXLOCK_SELF',
        `this program has waited ${String(ttl)} ms for the lock '${name}', and has that lock itself all the time: is this a deadlock?`,
      );
    });
}
