import {
  BehaviorSubject,
  catchError,
  defer,
  EMPTY,
  filter,
  ignoreElements,
  merge,
  Observable,
  race,
  retry,
  switchMap,
  take,
  tap,
} from 'rxjs';
import { asked } from '../values/asked.js';
import { attempt$ } from './attempt.js';
import type { Contender } from './contender.js';
import { Haste } from '../values/haste.js';
import type { HeldLease } from '../lease/held-lease.js';
import type { Refusal } from './refusal.js';

/**
 * Tries again and again: after the retry policy's delay, or as soon as the service says that the lock is free.
 *
 * No wake-up is lost: the watch begins before the next attempt, and a hint that comes during an attempt counts for the
 * pause after it. None makes a loop: after an attempt that one hint caused, the next waits for a moment.
 *
 * @param first The refusal of the attempt that was made already.
 */
export function keepTrying$(contender: Contender, first: Refusal): Observable<HeldLease> {
  return defer(() => {
    const hints = new BehaviorSubject(0);
    const haste = new Haste(contender.request.core.runtime);
    let made: Refusal | undefined = first;
    let last: Refusal | undefined;
    let hintsSeen = 0;

    const attempts$ = defer(() => {
      if (made !== undefined) {
        const refusal = made;
        made = undefined;
        return refuse(refusal);
      }
      hintsSeen = hints.value;
      haste.begun();
      contender.tryAgain();
      return attempt$(contender);
    });

    const pause$ = (refusal: Refusal, count: number): Observable<unknown> => {
      last = refusal.after(last);
      const delay$ = contender.delay$(contender.judge(refusal, count));
      // A delay that the service demands is not shortened by a hint.
      if (refusal.notBefore > 0) return delay$;
      const hint$ = hints.pipe(filter((hint) => hint > hintsSeen));
      return race(delay$, hint$.pipe(haste.curb()));
    };

    const freed$ = watch$(contender, hints);
    // A service that wants to be left alone is not asked to be watched either.
    const isBusy = first.held === undefined && first.notBefore > 0;
    const watching$ = isBusy ? contender.delay$(first.notBefore).pipe(switchMap(() => freed$)) : freed$;
    return merge(watching$, attempts$.pipe(retry({ delay: pause$ }))).pipe(take(1));
  });
}

function refuse(refusal: Refusal): Observable<never> {
  return new Observable((sink) => {
    sink.error(refusal);
  });
}

/** Counts up whenever the service says that the lock is free, or shared for who would share it. */
function watch$({ request }: Contender, hints: BehaviorSubject<number>): Observable<never> {
  const { backend } = request.core;
  // Semaphores have names of their own, which nobody watches.
  if (!backend.features.push || backend.watch === undefined || request.limit !== undefined) return EMPTY;
  const watch = backend.watch.bind(backend);
  return asked(() => watch(request.name)).pipe(
    filter(({ status, mode }) => status === 'free' || (mode === 'shared' && request.mode === 'shared')),
    tap(() => {
      hints.next(hints.value + 1);
    }),
    ignoreElements(),
    // Waiting goes on without hints.
    catchError(() => EMPTY),
  );
}
