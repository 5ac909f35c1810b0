import {
  BehaviorSubject,
  catchError,
  defer,
  filter,
  ignoreElements,
  merge,
  NEVER,
  race,
  retry,
  Subject,
  switchMap,
  take,
  tap,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import { Haste } from '../../../values/haste.js';
import { resolveRetry } from '../../../values/retry-policy.js';
import type { Runtime } from '../../../contract/time.js';
import { LockHeldError } from '../document/errors.js';

/** However well the push works, it is tried again this often. */
const RETRY = resolveRetry({ initial: '50ms', max: '1s', jitter: 'full' });

export interface Patience {
  /** Milliseconds after which the error of an attempt counts. */
  readonly wait: number;
  /** Emits when the lock may be free. Subscribed to after the first refusal. */
  readonly hints$: Observable<unknown>;
  /** Errors when the wait is cancelled. An attempt sees to that itself. */
  readonly cancelled$: Observable<never>;
  readonly runtime: Runtime;
}

/**
 * Tries again as long as somebody else has the lock: at each hint, and at growing intervals. A hint that comes during an
 * attempt counts for the pause after it. A delay that the server demands is never shortened.
 *
 * @param attempt$ Emits once, or errors.
 */
export function patiently<T>(attempt$: Observable<T>, { wait, hints$, cancelled$, runtime }: Patience): Observable<T> {
  const { clock, scheduler, random } = runtime;
  return defer(() => {
    const until = clock.elapsed() + wait;
    const refused$ = new Subject<void>();
    const hints = new BehaviorSubject(0);
    const haste = new Haste(runtime);
    let seen = 0;
    // One subscription for the whole wait.
    const listening$ = refused$.pipe(
      take(1),
      switchMap(() => hints$),
      tap(() => {
        hints.next(hints.value + 1);
      }),
      catchError(() => NEVER),
      ignoreElements(),
    );
    const counted$ = defer(() => {
      seen = hints.value;
      haste.begun();
      return attempt$;
    });
    const pause = (error: LockHeldError, left: number, tries: number): Observable<unknown> => {
      const { retryAfter } = error;
      const patience = RETRY.delay(tries, random);
      const hint$ = hints.pipe(
        filter((count) => count > seen),
        haste.curb(),
      );
      if (retryAfter === undefined) return race(timer(Math.min(left, patience), scheduler), hint$);
      if (retryAfter < left) return timer(Math.min(left, Math.max(patience, retryAfter)), scheduler);
      return timer(left, scheduler).pipe(switchMap(() => throwError(() => error)));
    };
    const delay = (error: unknown, tries: number): Observable<unknown> => {
      const left = until - clock.elapsed();
      if (!(error instanceof LockHeldError) || left <= 0) return throwError(() => error);
      refused$.next();
      return merge(cancelled$, pause(error, left, tries));
    };
    return merge(listening$, counted$.pipe(retry({ delay }))).pipe(take(1));
  });
}
