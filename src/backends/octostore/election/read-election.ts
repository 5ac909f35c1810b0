import { lockStatus } from '../../../values/lock-status.js';
import type { LockStatus } from '../../../contract/status.js';
import { dateField, field, textField, tokenField } from '../wire/json.js';
import { free } from '../wire/status.js';
import type { Candidates } from './candidates.js';

/**
 * What `GET /elections/{id}`, each event of a watch and the answer to a follower say; `undefined` if it cannot be
 * understood, or is of another election.
 */
export function readElection(json: unknown, id: string, candidates: Candidates): LockStatus | undefined {
  if (textField(json, 'election_id') !== id) return undefined;
  const status = textField(json, 'status');
  if (status === 'vacant') return free(id);
  const leader = field(json, 'leader');
  const candidate = textField(leader, 'candidate_id');
  if ((status !== 'leader' && status !== 'follower') || candidate === undefined) return undefined;
  // By the server's wall clock, so for people only.
  const expiresAt = dateField(leader, 'expires_at');
  return lockStatus({
    name: id,
    status: 'held',
    holder: candidates.holderOf(candidate),
    fencingToken: tokenField(leader, 'term'),
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
    metadata: textField(leader, 'metadata'),
  });
}
