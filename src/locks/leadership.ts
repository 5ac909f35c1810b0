import {
  catchError,
  defer,
  distinctUntilChanged,
  endWith,
  filter,
  map,
  of,
  repeat,
  retry,
  startWith,
  switchMap,
  tap,
  throwError,
  type Observable,
} from 'rxjs';
import type { Core } from '../core/core.js';
import { demanded } from '../values/demanded.js';
import { LockError } from '../contract/errors.js';
import type { HoldOptions } from '../core/hold-options.js';
import { asFollower, asLeadership, FOLLOWING, isSame } from './leader-states.js';
import { lock$ } from '../contending/lock.js';
import { Pauses } from './pauses.js';
import { statuses$ } from './statuses.js';
import type { Leadership } from '../contract/status.js';
import type { LockEvent } from '../contract/lease.js';

/**
 * The leadership of a name: a lock that is contended for again, after a pause, whenever it is gone.
 *
 * It never completes, and fails with what no patience can mend.
 *
 * @param name As the user wrote it.
 */
export function leadership$(core: Core, name: string, ttl: number, options: HoldOptions): Observable<Leadership> {
  return terms$(core, name, ttl, options).pipe(
    startWith(FOLLOWING),
    distinctUntilChanged(isSame),
    switchMap((now) => (now.leading ? of(now) : others$(core, name, options).pipe(startWith(now)))),
    distinctUntilChanged(isSame),
  );
}

/** Term after term, with what is between them. */
function terms$(core: Core, name: string, ttl: number, options: HoldOptions): Observable<Leadership> {
  const candidate$ = lock$(core, name, ttl, options);
  return defer(() => {
    // One that was renewed, or had its full time, was no failure.
    const pauses = new Pauses(core, name, options.retry, Math.min(options.renewRatio * ttl, options.maxHold / 2));
    let last: LockEvent['type'] | undefined;
    return candidate$.pipe(
      tap(({ type }) => {
        last = type;
        if (type === 'acquired') pauses.started();
      }),
      map(asLeadership),
      // Whatever ended the lease, nobody leads here until it is granted anew.
      endWith(FOLLOWING),
      retry({ delay: (error: unknown) => again$(error, pauses) }),
      repeat({ delay: () => pauses.pause$(last === 'released' ? timeForOthers(core, options) : 0) }),
    );
  });
}

/** Who gives leadership up lets others have it: where nobody queues, that takes as long as they pause between their tries. */
function timeForOthers({ backend: { features } }: Core, { retry: policy }: HoldOptions): number {
  return features.fifo || features.push ? 0 : policy.max;
}

/** Who leads instead, as far as the service tells. */
function others$(core: Core, name: string, { retry: policy }: HoldOptions): Observable<Leadership> {
  return defer(() => {
    const pauses = new Pauses(core, name, policy, policy.max);
    return statuses$(core, name).pipe(
      tap({
        subscribe: () => {
          pauses.started();
        },
      }),
      // The service may tell of our own grant before the grant itself is here.
      filter(({ holder }) => holder !== core.holder && !core.holds(core.prefix + name)),
      map(asFollower),
      retry({ delay: (error: unknown) => again$(error, pauses) }),
      // It is not needed for leading: what fails for good leaves it unknown.
      catchError(() => of(FOLLOWING)),
    );
  });
}

/** A pause after an error that may pass; any other is thrown. */
function again$(error: unknown, pauses: Pauses): Observable<unknown> {
  return error instanceof LockError && error.retryable ? pauses.pause$(demanded(error)) : throwError(() => error);
}
