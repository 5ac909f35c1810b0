import { sourceOf } from '../../net/source-of.js';
import {
  requireCandidate,
  requireElectionId,
  requireLeaderToken,
  type CampaignAnswer,
  type Leader,
} from '../desk/election-desk.js';
import { ELECTION_PREFIX } from '../desk/lock-name.js';
import type { Services } from '../services.js';
import { leaderJson } from '../telling/watch-desk.js';
import { ApiError } from '../wire/api-error.js';
import type { Call, Route } from '../wire/call.js';
import { Fields } from '../wire/fields.js';
import { readMetadata } from './arguments.js';
import { MinuteQuota } from './minute-quota.js';
import { answering, forAll } from './respond.js';
import { tooOften } from '../wire/too-often.js';

const SECOND = 1000;
const DEFAULT_TTL = 30;
const MIN_TTL = 5;
const MAX_TTL = 300;

/** What can be asked about elections, by everybody: nobody needs a token, and whoever has a leader's token leads. */
export function electionRoutes(services: Services): readonly Route[] {
  const { kit, dialect, clock, elections, watches, settings, meters, log } = services;
  const quota = new MinuteQuota(kit.limits.electionsPerMinute, kit.core.now);
  const readers = new Map<string, number>();
  let reading = 0;
  return [
    forAll(services, 'POST', '/elections', (call) => {
      requireOpen();
      charge(call);
      const id = elections.newId();
      const json = {
        election_id: id,
        campaign_path: `/elections/${id}/campaign`,
        status_path: `/elections/${id}`,
        watch_path: `/elections/${id}/watch`,
      };
      call.answer({ status: 201, json });
    }),

    forAll(services, 'POST', '/elections/:id/campaign', (call) => {
      const fields = Fields.of(call, dialect.isStrict);
      const candidate = fields.text('candidate_id');
      requireOpen();
      charge(call);
      const id = idIn(call);
      requireCandidate(candidate);
      const metadata = readMetadata(fields);
      const ttl = ttlIn(fields);
      const answer = answering<CampaignAnswer>(services, call, (result) => ({
        status: 200,
        json:
          result.status === 'leader'
            ? {
                status: 'leader',
                election_id: id,
                leader: leaderJson(result.leader, clock),
                leader_token: result.token,
                renew_after_ms: ttl / 2,
              }
            : {
                status: 'follower',
                election_id: id,
                leader: leaderJson(result.leader, clock),
                retry_after_ms: clock.rest(result.leader.due),
              },
      }));
      elections.campaign(id, candidate, ttl, metadata, (result) => {
        if (!(result instanceof ApiError) && result.status === 'leader') {
          meters.granted();
          log.say('lock granted', { user: candidate, name: ELECTION_PREFIX + id, token: result.leader.term });
        }
        answer(result);
      });
    }),

    forAll(services, 'POST', '/elections/:id/renew', (call) => {
      const fields = Fields.of(call, dialect.isStrict);
      const token = fields.text('leader_token');
      requireOpen();
      const id = idIn(call);
      const ttl = ttlIn(fields);
      requireLeaderToken(token);
      const answer = answering<Leader>(services, call, (leader) => ({
        status: 200,
        json: {
          status: 'leader',
          election_id: id,
          leader: leaderJson(leader, clock),
          leader_token: token,
          renew_after_ms: ttl / 2,
        },
      }));
      elections.renew(id, token, ttl, answer);
    }),

    forAll(services, 'POST', '/elections/:id/resign', (call) => {
      const token = Fields.of(call, dialect.isStrict).text('leader_token');
      requireOpen();
      const id = idIn(call);
      requireLeaderToken(token);
      const term = elections.resign(id, token);
      meters.ended.add('released');
      log.say('lock released', { name: ELECTION_PREFIX + id });
      call.answer({ status: 200, json: { election_id: id, status: 'vacant', previous_term: term } });
    }),

    forAll(services, 'GET', '/elections/:id', (call) => {
      requireOpen();
      const id = idIn(call);
      const leader = elections.leader(id);
      const json =
        leader === undefined
          ? { election_id: id, status: 'vacant', retry_after_ms: 0 }
          : {
              election_id: id,
              status: 'leader',
              leader: leaderJson(leader, clock),
              retry_after_ms: clock.rest(leader.due),
            };
      call.answer({ status: 200, json });
    }),

    forAll(services, 'GET', '/elections/:id/watch', (call) => {
      requireOpen();
      const id = idIn(call);
      watches.election(call, id, admitReader(call));
    }),
  ];

  function requireOpen(): void {
    if (kit.limits.electionsPerMinute > 0) return;
    throw new ApiError('forbidden', 'Forbidden: Public elections are disabled on this server');
  }

  function charge({ address }: Call): void {
    const retryAfter = quota.take(sourceOf(address));
    if (retryAfter > 0) throw tooOften(retryAfter);
  }

  function admitReader({ address }: Call): { isWelcome(): boolean; onEnd(): void } {
    const source = sourceOf(address);
    const count = readers.get(source) ?? 0;
    if (count >= settings.electionWatchesPerAddress || reading >= settings.electionWatches) {
      throw tooOften(count >= settings.electionWatchesPerAddress ? 30 * SECOND : SECOND);
    }
    readers.set(source, count + 1);
    reading++;
    return {
      isWelcome: () => true,
      onEnd: () => {
        const left = (readers.get(source) ?? 1) - 1;
        if (left === 0) readers.delete(source);
        else readers.set(source, left);
        reading--;
      },
    };
  }
}

function idIn({ params: { id = '' } }: Call): string {
  requireElectionId(id);
  return id;
}

function ttlIn(fields: Fields): number {
  const ttl = fields.optionalCount('ttl_seconds') ?? DEFAULT_TTL;
  if (ttl >= MIN_TTL && ttl <= MAX_TTL) return ttl * SECOND;
  throw new ApiError('ttl', 'Invalid TTL: Public election TTL must be between 5 and 300 seconds');
}
