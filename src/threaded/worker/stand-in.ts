import { from, map, merge, type Observable } from 'rxjs';
import type { Grant, LockBackend, Renewal } from '../../contract/backend.js';
import { asked } from '../../values/asked.js';
import { beatOf } from '../shared/beat-of.js';
import { commonTime } from '../shared/common-time.js';
import type { SharedTable } from '../shared/shared-table.js';
import type { TimeLine } from '../shared/time-line.js';
import type { Ward } from './ward.js';

/** Beats of the main thread that may fail to come before it is taken to stand still. */
const BEATS = 3;
/** If it turned so much of a ttl after it ought to have asked, and had not asked, it does not want the renewal. */
const SLACK = 1 / 8;
/** A main thread may stand still for so many ttls, and for so long in any case. */
const TTLS = 10;
const LEAST = 60_000;

export interface StandInOptions {
  readonly backend: Pick<LockBackend, 'renew'>;
  readonly table: SharedTable;
  readonly timeLine: TimeLine;
  /** Milliseconds; by the ttl if it is absent. */
  readonly stallLimit: number | undefined;
  find(grant: Grant): Ward | undefined;
}

/**
 * Renews in the main thread's place, while that stands still: what it would have asked for, and for so long as it may.
 * Whatever it does not renew is `unknown`, and looked at again.
 */
export class StandIn {
  constructor(private readonly options: StandInOptions) {}

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    const indexes = [...grants.keys()];
    const isOwn = indexes.map((index) => this.isToRenew(this.options.find(grants[index] as Grant)));
    const own = indexes.filter((index) => isOwn[index] === true);
    const others$ = from(indexes.filter((index) => isOwn[index] !== true)).pipe(
      map((index): Renewal => ({ index, outcome: 'unknown' })),
    );
    if (own.length === 0) return others$;
    const renewals$ = asked(() =>
      this.options.backend.renew(
        own.map((index) => grants[index] as Grant),
        own.map((index) => ttls[index] as number),
      ),
    );
    return merge(others$, renewals$.pipe(map((renewal) => ({ ...renewal, index: own[renewal.index] as number }))));
  }

  private isToRenew(ward: Ward | undefined): boolean {
    if (ward === undefined) return false;
    const { table, timeLine, stallLimit = Math.max(TTLS * ward.ttl, LEAST) } = this.options;
    const { beatAt } = table;
    const still = commonTime() - beatAt;
    if (still < BEATS * beatOf(ward.ttl) || still > stallLimit) return false;
    const dueAt = timeLine.toCommon(ward.confirmedAt) + ward.askedAfter;
    return ward.askedAt >= dueAt || beatAt < dueAt + SLACK * ward.ttl;
  }
}
