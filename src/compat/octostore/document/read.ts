import { isOk, type Answer } from '../../../backends/octostore/wire/answer.js';
import { field, idField, integerField, textField } from '../../../backends/octostore/wire/json.js';
import { isUnfenced } from '../../../backends/octostore/wire/unfenced-error.js';
import { LockError } from './errors.js';
import { refusalOf } from './translate.js';
import type { LockInfo, RenewResult, TokenInfo, UserLock } from './types.js';

/** One word, or a few: no page of a proxy. */
const HEALTH = /^[\w .,:-]{1,100}$/;

/** What `GET /locks` says of one lock. */
export interface Listed extends UserLock {
  readonly holder_id: string | undefined;
}

/** A plain `ok` from older servers, an object from newer ones. */
export function readHealth(answer: Answer): string {
  const { json, text } = answer;
  const said = textField(json, 'status') ?? (typeof json === 'string' ? json : text.trim());
  if (!isOk(answer) || !HEALTH.test(said)) throw refusalOf(answer);
  return said;
}

export function readRenewal(answer: Answer, leaseId: string): RenewResult {
  const expires_at = textField(answer.json, 'expires_at');
  // Any proxy can answer 200, but not with our lease.
  if (!isOk(answer) || expires_at === undefined || (textField(answer.json, 'lease_id') ?? leaseId) !== leaseId) {
    throw refusalOf(answer);
  }
  return { lease_id: leaseId, expires_at };
}

export function readInfo(answer: Answer, name: string): LockInfo {
  const { json } = answer;
  const status = textField(json, 'status');
  const token = integerField(json, 'fencing_token') ?? 0n;
  if (!isOk(answer) || (status !== 'free' && status !== 'held')) throw refusalOf(answer);
  return {
    name,
    status,
    holder_id: textField(json, 'holder_id') ?? null,
    fencing_token: exactly(token, name),
    expires_at: textField(json, 'expires_at') ?? null,
  };
}

/** Those that are held. */
export function readList(answer: Answer): readonly Listed[] {
  const locks = field(answer.json, 'locks');
  if (!isOk(answer) || !Array.isArray(locks)) throw refusalOf(answer);
  return locks
    .filter((lock: unknown) => textField(lock, 'status') !== 'free')
    .map((lock: unknown) => {
      const name = textField(lock, 'name');
      const token = isUnfenced(lock, 'fencing_token') ? 0n : integerField(lock, 'fencing_token');
      const expires_at = textField(lock, 'expires_at');
      if (name === undefined || token === undefined || expires_at === undefined) throw refusalOf(answer);
      return {
        name,
        lease_id: textField(lock, 'lease_id') ?? '',
        fencing_token: exactly(token, name),
        expires_at,
        holder_id: textField(lock, 'holder_id'),
      };
    });
}

export function readToken(answer: Answer): TokenInfo {
  const { json } = answer;
  const token = idField(json, 'token');
  if (!isOk(answer) || token === undefined) throw refusalOf(answer);
  return {
    token,
    user_id: textField(json, 'user_id') ?? '',
    github_username: textField(json, 'github_username') ?? '',
  };
}

/** @throws LockError for a token that a number cannot hold: one that is rounded would fence nothing. */
export function exactly(token: bigint, name: string): number {
  if (token <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(token);
  throw new LockError(
    `the fencing token of the lock '${name}' is above 2^53 - 1, which a number cannot hold: use rxlock/octostore, where it is a bigint`,
    { name },
  );
}
