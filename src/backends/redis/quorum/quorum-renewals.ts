import { defer, EMPTY, merge, mergeMap, of, type Observable } from 'rxjs';
import type { Grant, Renewal } from '../../../contract/backend.js';
import type { Clock } from '../../../contract/time.js';
import type { PlainEngine } from '../plain/plain-engine.js';
import { QuorumGrant } from './quorum-grant.js';
import { Tally } from './tally.js';

const VOTES = { renewed: 'yes', refused: 'no', unknown: 'unknown' } as const;

/** Renews locks on all servers: what a majority confirms in one round is renewed, from the beginning of that round. */
export class QuorumRenewals {
  constructor(
    private readonly servers: readonly PlainEngine[],
    private readonly clock: Clock,
  ) {}

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    return defer(() => {
      const sentAt = this.clock.elapsed();
      const tallies = grants.map(() => new Tally(this.servers.length));
      grants.forEach((grant, index) => {
        if (grant instanceof QuorumGrant) grant.ttl = Math.max(grant.ttl, ttls[index] as number);
      });
      return merge(...this.servers.map(({ renewals }, server) => renewals.renew(partsOf(grants, server), ttls))).pipe(
        mergeMap(({ index, outcome, ...rest }) => {
          const tally = tallies[index] as Tally;
          const verdict = tally.add(VOTES[outcome], 'cause' in rest ? rest.cause : undefined);
          if (verdict === undefined) return EMPTY;
          return of<Renewal>(
            verdict === 'won'
              ? { index, outcome: 'renewed', bounds: [{ sentAt, ttl: ttls[index] as number }] }
              : { index, outcome: verdict === 'refused' ? 'refused' : 'unknown', cause: tally.cause },
          );
        }),
      );
    });
  }
}

/** What one server has given for each of them. */
export function partsOf(grants: readonly Grant[], server: number): readonly Grant[] {
  return grants.map((grant) => (grant instanceof QuorumGrant ? grant.partOf(server) : grant));
}
