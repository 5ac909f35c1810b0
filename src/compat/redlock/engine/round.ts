import { majorityOf, verdictOf, type Verdict } from '../../../backends/redis/quorum/verdict-of.js';
import { systemRuntime } from '../../../values/system-runtime.js';
import { errorOf } from '../../../values/error-of.js';
import { ResourceLockedError } from '../document/errors.js';
import type { ExecutionStats, RedlockClient } from '../document/types.js';

/** Of whoever is asked. */
export interface Voter {
  readonly client: RedlockClient;
}

/** One round, in which each is asked once. */
export interface Round {
  /** When it was asked, on `clock.elapsed`: before the first was. */
  readonly sentAt: number;
  /** Resolves as soon as no vote can change it. */
  readonly verdict: Promise<Verdict>;
  /** Resolves when all have voted, or had time enough. */
  readonly stats: Promise<ExecutionStats>;
}

/**
 * Asks all of them at once.
 *
 * @param ask Resolves if it was done; rejects if not, at a time of its own at the latest.
 * @param against Hears of each vote against.
 */
export function round<V extends Voter>(
  voters: readonly V[],
  ask: (voter: V) => Promise<unknown>,
  against: (error: Error) => void,
): Round {
  const quorumSize = majorityOf(voters.length);
  const stats: ExecutionStats = {
    membershipSize: voters.length,
    quorumSize,
    votesFor: new Set(),
    votesAgainst: new Map(),
  };
  const { clock } = systemRuntime;
  const sentAt = clock.elapsed();
  let decide!: (verdict: Verdict) => void;
  const verdict = new Promise<Verdict>((resolve) => (decide = resolve));
  const count = (): void => {
    const verdict = verdictSoFar(stats);
    if (verdict !== undefined) decide(verdict);
  };
  const votes = voters.map(async (voter) => {
    try {
      await ask(voter);
      stats.votesFor.add(voter.client);
      count();
    } catch (thrown) {
      const error = errorOf(thrown);
      stats.votesAgainst.set(voter.client, error);
      count();
      against(error);
    }
  });
  return { sentAt, verdict, stats: Promise.all(votes).then(() => stats) };
}

function verdictSoFar({ membershipSize, votesFor, votesAgainst }: ExecutionStats): Verdict | undefined {
  const refusals = [...votesAgainst.values()].filter((error) => error instanceof ResourceLockedError);
  const unknown = votesAgainst.size - refusals.length;
  return verdictOf({ members: membershipSize, yes: votesFor.size, no: refusals.length, unknown });
}
