import { catchError, concatMap, defer, EMPTY, map, of, retry, throwError, timer, type Observable } from 'rxjs';
import { isOk, type Answer } from '../../backends/octostore/answer.js';
import type { Api } from '../../backends/octostore/api.js';
import type { Session } from '../../backends/octostore/session.js';
import { resolveRetry } from '../../retry-policy.js';
import type { Runtime } from '../../types.js';
import { acquireCall, grantOf, heldBy } from './grant.js';
import type { Leases } from './leases.js';
import { isLeaseLost, refusalOf, RELEASE } from './translate.js';

/** How long one request may take. Milliseconds. */
const WITHIN = 5000;
/** A lock that nobody is to have is asked for in order to learn its lease, for as short as can be. Seconds. */
const SHORTEST = 1;
const RETRY = resolveRetry({ initial: '100ms', max: '1s', jitter: 'none' });

/** What may have been granted without anybody knowing. */
export interface Remains {
  readonly name: string;
  readonly session: Session | undefined;
  /** If it is known. */
  readonly leaseId: string | undefined;
  /** On `clock.elapsed`: then it is given up, and the lock runs out by itself. */
  readonly until: number;
}

export interface CleanUpOptions {
  readonly api: Api;
  readonly runtime: Runtime;
  readonly leases: Leases;
}

/**
 * Gives back what was granted to nobody: the same owner gets the same lease, so asking again tells which it is. What this
 * client's user holds is left alone.
 *
 * @returns Completes when it is done, or given up. Never errors.
 */
export function cleanUp(
  { name, session, leaseId, until }: Remains,
  { api, runtime, leases }: CleanUpOptions,
): Observable<never> {
  let known = leaseId;
  const ask = { ...acquireCall(name, SHORTEST, session), lane: 'hold', within: WITHIN } as const;
  const find$ = defer(() => {
    if (known !== undefined || session?.gone === true) return of(known);
    return api.call(ask).pipe(map(learn));
  });
  const giveBack = (id: string): Observable<unknown> => {
    const path = `/locks/${encodeURIComponent(name)}/release`;
    const body = { lease_id: id };
    const call = { what: RELEASE, lock: name, method: 'POST', path, body, lane: 'hold', within: WITHIN } as const;
    return api.call(call).pipe(map(check));
  };
  const delay = (error: unknown, tries: number): Observable<unknown> => {
    const { retryAfter = 0 } = error as { readonly retryAfter?: number };
    if (runtime.clock.elapsed() >= until) return throwError(() => error);
    return timer(Math.max(RETRY.delay(tries, runtime.random), retryAfter), runtime.scheduler);
  };
  return find$.pipe(
    concatMap((id) => {
      known = id;
      return id === undefined || leases.find(id) !== undefined ? EMPTY : giveBack(id);
    }),
    retry({ delay }),
    catchError(() => EMPTY),
    concatMap(() => EMPTY),
  );
}

/** The lease, if it is ours. */
function learn(answer: Answer): string | undefined {
  const granted = grantOf(answer);
  if (granted !== undefined) return granted.leaseId;
  // Refused by the service itself: then nothing is ours.
  if (heldBy(answer) !== undefined || (answer.code !== undefined && answer.status < 500 && answer.status !== 429)) {
    return undefined;
  }
  throw refusalOf(answer);
}

function check(answer: Answer): void {
  if (!isOk(answer) && !isLeaseLost(answer)) throw refusalOf(answer);
}
