import {
  BehaviorSubject,
  catchError,
  defer,
  EMPTY,
  filter,
  ignoreElements,
  merge,
  race,
  retry,
  switchMap,
  take,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import type { HeldLease } from '../lease/held-lease.js';
import { asked } from '../values/asked.js';
import { Haste } from '../values/haste.js';
import { attempt$, type Asker } from './attempt.js';
import type { Refusal } from './refusal.js';

/** Who tries. */
export interface Trier extends Asker {
  /** The next attempt starts. */
  tryAgain(): void;
  /** What a refusal means: another attempt after some milliseconds, or the end (thrown). */
  judge(refusal: Refusal): number;
}

/**
 * Tries again and again: after the retry policy's delay, or as soon as the service says that the lock is free.
 *
 * No wake-up is lost: the watch begins before the next attempt, and a hint that comes during an attempt counts for the
 * pause after it. None makes a loop: after an attempt that one hint caused, the next waits for a moment.
 *
 * @param first The refusal of the attempt that was made already.
 */
export function keepTrying$(trier: Trier, first: Refusal): Observable<HeldLease> {
  return defer(() => {
    const { runtime } = trier.request.core;
    /** Was a hint given since the last attempt began? */
    const hinted$ = new BehaviorSubject(false);
    const haste = new Haste(runtime);
    let last: Refusal | undefined;

    const attempts$ = defer(() => {
      hinted$.next(false);
      haste.begun();
      trier.tryAgain();
      return attempt$(trier);
    });

    const pause$ = (refusal: Refusal): Observable<unknown> => {
      last = refusal.after(last);
      const delay$ = timer(trier.judge(refusal), runtime.scheduler);
      // A delay that the service demands is not shortened by a hint.
      if (refusal.notBefore > 0) return delay$;
      return race(delay$, hinted$.pipe(filter(Boolean), haste.curb()));
    };

    const freed$ = watch$(trier, hinted$);
    // A service that wants to be left alone is not asked to be watched either.
    const isBusy = first.held === undefined && first.notBefore > 0;
    const watching$ = isBusy ? timer(first.notBefore, runtime.scheduler).pipe(switchMap(() => freed$)) : freed$;
    const granted$ = defer(() => pause$(first)).pipe(switchMap(() => attempts$.pipe(retry({ delay: pause$ }))));
    return merge(watching$, granted$).pipe(take(1));
  });
}

/** Gives a hint whenever the service says that the lock is free, or shared for who would share it. */
function watch$({ request }: Trier, hinted$: BehaviorSubject<boolean>): Observable<never> {
  const { backend } = request.core;
  // Semaphores have names of their own, which nobody watches.
  if (!backend.features.push || backend.watch === undefined || request.limit !== undefined) return EMPTY;
  const watch = backend.watch.bind(backend);
  return asked(() => watch(request.name)).pipe(
    filter(({ status, mode }) => status === 'free' || (mode === 'shared' && request.mode === 'shared')),
    tap(() => {
      hinted$.next(true);
    }),
    ignoreElements(),
    // Waiting goes on without hints.
    catchError(() => EMPTY),
  );
}
