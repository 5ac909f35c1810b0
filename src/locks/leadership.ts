import {
  catchError,
  distinctUntilChanged,
  EMPTY,
  endWith,
  filter,
  map,
  of,
  repeat,
  retry,
  startWith,
  switchMap,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import type { Core } from '../core/core.js';
import { demanded } from '../values/demanded.js';
import { LockError } from '../contract/errors.js';
import type { RetryPolicy } from '../values/retry-policy.js';
import { statuses$ } from './statuses.js';
import type { Leadership, LockStatus } from '../contract/status.js';
import type { LockEvent } from '../contract/lease.js';

const FOLLOWING: Leadership = { leading: false };

/**
 * The leadership of a name: a lock that is contended for again whenever it is gone.
 *
 * @param name As the user wrote it.
 * @param lock$ The lock that the leader holds.
 * @param policy When to contend again.
 */
export function leadership$(
  core: Core,
  name: string,
  lock$: Observable<LockEvent>,
  policy: RetryPolicy,
): Observable<Leadership> {
  const { scheduler, random } = core.runtime;
  const pause$ = (count: number, notBefore: number): Observable<0> =>
    timer(Math.max(policy.delay(count, random), notBefore), scheduler);
  const again = {
    delay: (error: unknown, count: number) =>
      error instanceof LockError && error.retryable ? pause$(count, demanded(error)) : throwError(() => error),
    resetOnSuccess: true,
  };

  return lock$.pipe(
    map(asLeadership),
    // Whatever ended the lease, nobody leads here until it is granted anew.
    endWith(FOLLOWING),
    retry(again),
    repeat({ delay: () => pause$(1, 0) }),
    startWith(FOLLOWING),
    distinctUntilChanged(isSame),
    switchMap((now) =>
      now.leading
        ? of(now)
        : others$(core, name).pipe(
            retry(again),
            catchError(() => EMPTY),
            startWith(now),
          ),
    ),
    distinctUntilChanged(isSame),
  );
}

function asLeadership(event: LockEvent): Leadership {
  if (event.type === 'waiting' || event.type === 'lost' || event.type === 'released') return FOLLOWING;
  return { leading: true, lease: event.lease };
}

/** Who leads instead, as far as the service tells. */
function others$(core: Core, name: string): Observable<Leadership> {
  return statuses$(core, name).pipe(
    // The service may tell of our own grant before the grant itself is here.
    filter(({ holder }) => holder !== core.holder && !core.holds(core.prefix + name)),
    map(following),
  );
}

function following({ status, holder, metadata, fencingToken }: LockStatus): Leadership {
  if (status === 'free') return FOLLOWING;
  return {
    leading: false,
    leader: {
      ...(holder === undefined ? {} : { holder }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(fencingToken === undefined ? {} : { term: fencingToken }),
    },
  };
}

function isSame(a: Leadership, b: Leadership): boolean {
  if (a.leading || b.leading) return a.leading && b.leading && a.lease === b.lease;
  const [x, y] = [a.leader, b.leader];
  return x === y || (x?.holder === y?.holder && x?.metadata === y?.metadata && x?.term === y?.term);
}
