import { defer, EMPTY, map, merge, mergeMap, of, ReplaySubject, tap, type Observable } from 'rxjs';
import type { Grant, Released } from '../../../contract/backend.js';
import type { PlainEngine } from '../plain/plain-engine.js';
import { giveBack } from './give-back.js';
import { QuorumGrant } from './quorum-grant.js';
import { partsOf } from './quorum-renewals.js';
import { Tally } from './tally.js';

const VOTES = { released: 'yes', gone: 'no', unknown: 'unknown' } as const;

/** What one server says of one lock. */
type Said = Released & { readonly server: number };

/** Gives locks back to all servers. What a majority has taken back is released; the others are asked again in the background. */
export class QuorumReturns {
  constructor(private readonly servers: readonly PlainEngine[]) {}

  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released> {
    return defer(() => {
      const tallies = grants.map(() => new Tally(this.servers.length));
      // Whoever asks may leave with the majority; what the others say is heard all the same.
      const said$ = new ReplaySubject<Said>(Infinity);
      merge(...this.servers.map((server, index) => this.ask(server, index, grants, keepFor))).subscribe(said$);
      return said$.pipe(
        mergeMap(({ index, outcome, cause }) => {
          const tally = tallies[index] as Tally;
          const verdict = tally.add(VOTES[outcome], cause);
          if (verdict === undefined) return EMPTY;
          if (verdict === 'failed') return of<Released>({ index, outcome: 'unknown', cause: tally.cause });
          return of<Released>({ index, outcome: verdict === 'won' ? 'released' : 'gone' });
        }),
      );
    });
  }

  private ask(
    server: PlainEngine,
    number: number,
    grants: readonly Grant[],
    keepFor: readonly number[],
  ): Observable<Said> {
    for (const grant of grants) if (grant instanceof QuorumGrant) grant.isOver = true;
    return server.returns.release(partsOf(grants, number), keepFor).pipe(
      map((said): Said => ({ ...said, server: number, outcome: this.outcomeOf(said, grants[said.index], number) })),
      tap(({ index, outcome }) => {
        const grant = grants[index];
        // Not sooner than its holder wants it.
        if (outcome !== 'unknown' || (keepFor[index] ?? 0) > 0 || !(grant instanceof QuorumGrant)) return;
        giveBack(server, grant.partOf(number), grant.ttl);
      }),
    );
  }

  /** What has gone back to a server is not there when it is asked again. */
  private outcomeOf({ outcome }: Released, grant: Grant | undefined, server: number): Released['outcome'] {
    if (!(grant instanceof QuorumGrant)) return outcome;
    if (outcome === 'released') grant.returned.add(server);
    return outcome === 'gone' && grant.returned.has(server) ? 'released' : outcome;
  }
}
