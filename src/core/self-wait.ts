import { filter, interval, map, pairwise, startWith, take, type Observable, type SchedulerLike } from 'rxjs';

/** One wait for a lock that may be our own. */
interface SelfWait {
  /** What of ours is in the way at this moment. */
  readonly held: () => object | undefined;
  readonly ttl: number;
  readonly scheduler: SchedulerLike;
}

/**
 * Emits once a wait may be one for itself: something of ours has been in its way, the same all the time, for as long as
 * a ttl. Whether its holder waits for this wait cannot be known; that others take turns, within their ttls, is ordinary.
 */
export function selfWait$({ held, ttl, scheduler }: SelfWait): Observable<unknown> {
  return interval(ttl, scheduler).pipe(
    startWith(undefined),
    map(held),
    pairwise(),
    filter(([before, now]) => now !== undefined && now === before),
    take(1),
  );
}
