import { catchError, concatMap, defer, map, of, retry, throwError, timer, type Observable } from 'rxjs';
import { isUnderstood, type Answer } from '../../../backends/octostore/wire/answer.js';
import type { Api } from '../../../backends/octostore/wire/api.js';
import type { OctoStoreSession } from '../../../backends/octostore/sessions/session.js';
import { demanded } from '../../../values/demanded.js';
import { resolveRetry } from '../../../values/retry-policy.js';
import type { Runtime } from '../../../contract/time.js';
import { acquireCall, grantOf, heldBy, isProven } from './grant.js';
import type { Leases } from './leases.js';
import { isLeaseLost, refusalOf, RELEASE } from '../document/translate.js';

/** How long one request may take. Milliseconds. */
const WITHIN = 5000;
/** A lock that nobody is to have is asked for in order to learn its lease, for as short as can be. Seconds. */
const SHORTEST = 1;
const RETRY = resolveRetry({ initial: '100ms', max: '1s', jitter: 'none' });

/** What may have been granted without anybody knowing. */
export interface Remains {
  readonly name: string;
  readonly session: OctoStoreSession | undefined;
  /** What the attempt sent. */
  readonly nonce: string;
  /** If it is known, and proven to be ours. */
  readonly leaseId: string | undefined;
  /** On `clock.elapsed`: then it is given up, and the lock runs out by itself. */
  readonly until: number;
}

/** How a clean-up ended. */
export interface Cleaned {
  /** Nothing is left that is known to be ours. */
  readonly confirmed: boolean;
  /** On `clock.elapsed`: when it was learned which lease to release. `undefined` if no release was sent. */
  readonly learnedAt: number | undefined;
}

export interface CleanUpOptions {
  readonly api: Api;
  readonly runtime: Runtime;
  readonly leases: Leases;
}

/**
 * Gives back what was granted to nobody: the same owner gets the same lease, so asking again tells which it is. What this
 * client's user holds is left alone, and so is what may be held by another process with the same token.
 *
 * @returns Emits once, when it is done or given up. Never errors.
 */
export function cleanUp(
  { name, session, nonce, leaseId, until }: Remains,
  { api, runtime, leases }: CleanUpOptions,
): Observable<Cleaned> {
  const { clock, scheduler, random } = runtime;
  let known = leaseId;
  let learnedAt = leaseId === undefined ? undefined : clock.elapsed();
  const ask = { ...acquireCall(name, SHORTEST, session, nonce), lane: 'hold', within: WITHIN } as const;
  const find$ = defer(() => {
    if (known !== undefined || session?.gone === true) return of(known);
    return api.call(ask).pipe(map((answer) => learn(answer, session, nonce)));
  });
  const giveBack = (id: string): Observable<unknown> => {
    learnedAt ??= clock.elapsed();
    const path = `/locks/${encodeURIComponent(name)}/release`;
    const body = { lease_id: id };
    const call = { what: RELEASE, lock: name, method: 'POST', path, body, lane: 'hold', within: WITHIN } as const;
    return api.call(call).pipe(map(check));
  };
  const delay = (error: unknown, tries: number): Observable<unknown> => {
    if (clock.elapsed() >= until) return throwError(() => error);
    return timer(Math.max(RETRY.delay(tries, random), demanded(error)), scheduler);
  };
  return find$.pipe(
    concatMap((id) => {
      known = id;
      return id === undefined || leases.find(id) !== undefined ? of(undefined) : giveBack(id);
    }),
    retry({ delay }),
    map(() => true),
    catchError(() => of(false)),
    map((confirmed) => ({ confirmed, learnedAt })),
  );
}

/** The lease, if it is surely ours. */
function learn(answer: Answer, session: OctoStoreSession | undefined, nonce: string): string | undefined {
  const granted = grantOf(answer);
  if (granted !== undefined) return isProven(granted, session, nonce) ? granted.leaseId : undefined;
  // Refused by the service itself: then nothing is ours. Of whom it does not know it says nothing.
  const { code, status } = answer;
  const isRefused = code !== undefined && status < 500 && status !== 401 && status !== 429;
  if (heldBy(answer) !== undefined || isRefused) return undefined;
  throw refusalOf(answer);
}

function check(answer: Answer): void {
  if (!isUnderstood(answer) && !isLeaseLost(answer)) throw refusalOf(answer);
}
