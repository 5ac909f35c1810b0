import { concatMap, EMPTY, ignoreElements, of, tap, throwError, type Observable } from 'rxjs';
import { errorOf, isLeaseGone, isOk, isSessionGone, isUnderstood, type Answer } from '../wire/answer.js';
import type { Api } from '../wire/api.js';
import { idField, textField } from '../wire/json.js';
import type { OctoStoreSession } from './session.js';
import { readStatus } from '../wire/status.js';

/** A lock that nobody is to have is asked for in order to learn its lease, for as short as can be. Seconds. */
const SHORTEST = 1;
const CONFLICT = 409;

export interface ReleaseUnseenOptions {
  readonly api: Api;
  /** The service does not know the session any more. */
  readonly lose: (session: OctoStoreSession, cause: unknown) => void;
}

/**
 * Releases what was granted under a session without anybody knowing: the same session gets the same lease, so asking
 * again tells which it is.
 *
 * @returns Errors if nobody knows whether anything is left.
 */
export function releaseUnseen(
  session: OctoStoreSession,
  name: string,
  { api, lose }: ReleaseUnseenOptions,
): Observable<never> {
  const path = `/locks/${encodeURIComponent(name)}`;
  const post = (what: string, to: string, body: object): Observable<Answer> =>
    api.call({ what, lock: name, method: 'POST', path: `${path}/${to}`, body, lane: 'hold' });
  const again = { ttl_seconds: SHORTEST, session_id: session.id, ephemeral: true };
  return api.call({ what: 'read the status', lock: name, path, lane: 'hold' }).pipe(
    concatMap((answer) => {
      // One that is free is not taken from under those who want it, not even for a moment.
      if (isOk(answer) && readStatus(answer.json, name)?.status === 'free') return EMPTY;
      // Whoever may not read of it may have it all the same.
      const isWelcome = isOk(answer) || answer.retryAfter === undefined;
      return isWelcome ? post('acquire the lock', 'acquire', again) : throwError(() => errorOf(answer));
    }),
    concatMap((answer) => {
      const leaseId = idField(answer.json, 'lease_id');
      if (isOk(answer) && leaseId !== undefined) return post('release the lock', 'release', { lease_id: leaseId });
      if (isSessionGone(answer)) lose(session, errorOf(answer));
      // Any proxy can answer 200: only the service knows that somebody else has it.
      if (isOk(answer) && textField(answer.json, 'status') !== 'held') throw errorOf(answer);
      return of(answer);
    }),
    tap((answer) => {
      if (!isUnderstood(answer) && answer.status !== CONFLICT && !isLeaseGone(answer)) throw errorOf(answer);
    }),
    ignoreElements(),
  );
}
