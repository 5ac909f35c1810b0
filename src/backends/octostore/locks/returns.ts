import { catchError, defer, finalize, from, map, mergeMap, of, type Observable } from 'rxjs';
import { demanded } from '../../../values/demanded.js';
import type { LockError } from '../../../contract/errors.js';
import type { Grant, Released } from '../../../contract/backend.js';
import { errorOf, isLeaseGone, isUnderstood } from '../wire/answer.js';
import type { Api } from '../wire/api.js';
import type { OctoStoreBook } from './book.js';
import { retryCutOff } from '../wire/retry-cut-off.js';

/** How many releases of one batch are under way at once. */
const CONCURRENCY = 8;

export interface OctoStoreReturnsOptions {
  readonly api: Api;
  readonly book: OctoStoreBook;
}

/** Gives locks back, each by its lease and never by its name. */
export class OctoStoreReturns {
  constructor(private readonly options: OctoStoreReturnsOptions) {}

  release(grants: readonly Grant[]): Observable<Released> {
    const [only] = grants;
    if (only !== undefined && grants.length === 1) return this.one(only, 0);
    return from(grants).pipe(mergeMap((grant, index) => this.one(grant, index), CONCURRENCY));
  }

  private one(grant: Grant, index: number): Observable<Released> {
    const { api, book } = this.options;
    return defer(() => {
      const held = book.find(grant);
      if (held === undefined) return of<Released>({ index, outcome: 'gone' });
      held.claim.state = 'leaving';
      const path = `/locks/${encodeURIComponent(grant.name)}/release`;
      const body = { lease_id: held.leaseId };
      let after = 0;
      const unknown = (cause: LockError): Released => {
        after = demanded(cause);
        return { index, outcome: 'unknown', cause };
      };
      return api.call({ what: 'release the lock', lock: grant.name, method: 'POST', path, body, lane: 'hold' }).pipe(
        // A lease is released but once.
        retryCutOff(),
        map((answer): Released => {
          const isReleased = isUnderstood(answer);
          if (!isReleased && !isLeaseGone(answer)) return unknown(errorOf(answer));
          book.settle(held);
          return { index, outcome: isReleased ? 'released' : 'gone' };
        }),
        catchError((cause: unknown) => of(unknown(cause as LockError))),
        // However it ended: unless it was settled, nobody knows.
        finalize(() => {
          book.unconfirmed(held, after);
        }),
      );
    });
  }
}
