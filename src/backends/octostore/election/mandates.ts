import { catchError, defer, from, map, mergeMap, of, type Observable } from 'rxjs';
import type { Bound, Grant, Released, Renewal } from '../../../contract/backend.js';
import { errorOf, isLeaseGone, isOk, type Answer } from '../wire/answer.js';
import type { Api } from '../wire/api.js';
import { retryCutOff } from '../wire/retry-cut-off.js';
import { confirmedField, field, integerField, textField } from '../wire/json.js';
import { wholeSeconds } from '../../../values/whole-seconds.js';
import { electionError } from './election-error.js';
import { electionPath } from './election-id.js';
import type { Offices } from './offices.js';

/** How many requests of one batch are under way at once. A batch has more than one only where several `Locks` share a client. */
const CONCURRENCY = 8;

export interface MandatesOptions {
  readonly api: Api;
  readonly offices: Offices;
}

/** Keeps leaderships, and gives them back: each by its own token. */
export class Mandates {
  constructor(private readonly options: MandatesOptions) {}

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    return from(grants).pipe(mergeMap((grant, index) => this.extend(grant, ttls[index] as number, index), CONCURRENCY));
  }

  resign(grants: readonly Grant[], within?: number): Observable<Released> {
    return from(grants).pipe(mergeMap((grant, index) => this.leave(grant, index, within), CONCURRENCY));
  }

  /** Emits one answer, and never errors. */
  extend(grant: Grant, ttl: number, index = 0): Observable<Renewal> {
    const { api, offices } = this.options;
    return defer(() => {
      const office = offices.find(grant);
      if (office === undefined) return of<Renewal>({ index, outcome: 'refused' });
      const { token, term } = office;
      const body = { leader_token: token, ttl_seconds: wholeSeconds(ttl) };
      const path = `${electionPath(grant.name)}/renew`;
      const call = {
        what: 'renew the leadership',
        lock: grant.name,
        method: 'POST',
        path,
        body,
        lane: 'hold',
      } as const;
      return api.call(call).pipe(
        // Counted from the sending of the one that was answered.
        retryCutOff(),
        map((answer): Renewal => {
          if (confirms(answer, token, term)) {
            const bound = { sentAt: answer.sentAt, ttl: confirmedTtl(answer, ttl) };
            if (bound.sentAt > office.bound.sentAt) office.bound = bound;
            return { index, outcome: 'renewed', bounds: [bound] };
          }
          if (!isLeaseGone(answer)) return { index, outcome: 'unknown', cause: electionError(answer) };
          offices.leave(grant);
          return { index, outcome: 'refused', cause: errorOf(answer) };
        }),
      );
    }).pipe(catchError((cause: unknown) => of<Renewal>({ index, outcome: 'unknown', cause })));
  }

  private leave(grant: Grant, index: number, within: number | undefined): Observable<Released> {
    const { api, offices } = this.options;
    return defer(() => {
      const office = offices.find(grant);
      if (office === undefined) return of<Released>({ index, outcome: 'gone' });
      const body = { leader_token: office.token };
      const path = `${electionPath(grant.name)}/resign`;
      const call = { what: 'resign', lock: grant.name, method: 'POST', path, body, lane: 'hold' } as const;
      return api.call(within === undefined ? call : { ...call, within }).pipe(
        // A token is good for one resignation only.
        retryCutOff(),
        map((answer): Released => {
          const isReleased = isOk(answer) && textField(answer.json, 'election_id') === grant.name;
          if (!isReleased && !isLeaseGone(answer)) return { index, outcome: 'unknown', cause: electionError(answer) };
          offices.leave(grant);
          return { index, outcome: isReleased ? 'released' : 'gone' };
        }),
      );
    }).pipe(catchError((cause: unknown) => of<Released>({ index, outcome: 'unknown', cause })));
  }
}

/** Any proxy can answer 200, but not with our token. */
function confirms(answer: Answer, token: string, term: bigint): boolean {
  const { json } = answer;
  return (
    isOk(answer) &&
    textField(json, 'status') === 'leader' &&
    textField(json, 'leader_token') === token &&
    integerField(field(json, 'leader'), 'term') === term
  );
}

/**
 * How long the service says that it is good for: it wants to hear from us after half of that. It may keep to limits of
 * its own.
 *
 * @param asked Milliseconds.
 */
export function confirmedTtl({ json }: Answer, asked: number): Bound['ttl'] {
  const half = confirmedField(json, 'renew_after_ms');
  const whole = wholeSeconds(asked) * 1000;
  return half === undefined ? whole : Math.min(whole, half * 2);
}
