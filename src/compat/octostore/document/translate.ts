import {
  LockAuthenticationError,
  LockConfigError,
  LockHeldError as RootHeldError,
  LockLostError,
  LockNetworkError,
  LockTimeoutError,
  LockValidationError,
  LockError as RootError,
} from '../../../contract/errors.js';
import { answerBehind, errorOf, isLeaseGone, type Answer } from '../../../backends/octostore/wire/answer.js';
import { textField } from '../../../backends/octostore/wire/json.js';
import {
  AuthenticationError,
  LockError,
  LockHeldError,
  NetworkError,
  OctoStoreError,
  ValidationError,
} from './errors.js';

/** An error of rxlock's own family as the documents have it. Anything else stays what it is. */
export function translated(error: unknown): unknown {
  if (!(error instanceof RootError) || error instanceof OctoStoreError) return error;
  const { message, lockName: name, cause } = error;
  const { retryAfter } = error as { readonly retryAfter?: number };
  const { status, code: serverCode } = answerBehind(error) ?? {};
  const options = { name, retryAfter, root: error, ...('cause' in error ? { cause } : {}), status, serverCode };
  if (error instanceof RootHeldError) {
    return new LockHeldError(message, {
      ...options,
      holder_id: error.holder,
      expires_at: error.expiresAt?.toISOString(),
    });
  }
  if (error instanceof LockTimeoutError) {
    // Who had it when it was last asked for.
    const { holder, expiresAt } = cause instanceof RootHeldError ? cause : {};
    return new LockHeldError(message, { ...options, holder_id: holder, expires_at: expiresAt?.toISOString() });
  }
  if (error instanceof LockAuthenticationError) return new AuthenticationError(message, options);
  if (error instanceof LockNetworkError) return new NetworkError(message, options);
  if (error instanceof LockValidationError || error instanceof LockConfigError) {
    return new ValidationError(message, { ...options, option: error.option });
  }
  return new LockError(message, { ...options, reason: error instanceof LockLostError ? error.reason : undefined });
}

/** What an answer that is no yes means for the caller. */
export function refusalOf(answer: Answer): unknown {
  const { what, lock: name, status, code } = answer;
  const more = { status, serverCode: code };
  if (isLeaseLost(answer)) {
    const message = `OctoStore, asked to ${what}, answered ${String(status)}: the lease is not current`;
    const root = new LockLostError(message, { name, reason: 'refused' });
    return new LockError(message, { name, root, reason: 'refused', ...more });
  }
  // An older server has no codes; what it says in its own language is no trouble of the network.
  if (code === undefined && isOwnWord(answer) && status >= 400 && status < 500 && status !== 401 && status !== 429) {
    const message = `OctoStore, asked to ${what}, answered ${String(status)}`;
    if (status === 400 || status === 422) return new ValidationError(message, { name, ...more });
    if (status === 403) return new AuthenticationError(message, { name, ...more });
    return new LockError(message, { name, ...more });
  }
  return translated(errorOf(answer));
}

/** The answer to a renewal or a release that says whose lease it is not. An older server has no code for it. */
export function isLeaseLost(answer: Answer): boolean {
  if (!LEASES.has(answer.what)) return false;
  if (isLeaseGone(answer)) return true;
  return answer.code === undefined && isOwnWord(answer) && [400, 404, 409, 410].includes(answer.status);
}

/** The calls that name a lease. */
export const RENEW = 'renew the lock';
export const RELEASE = 'release the lock';
const LEASES: ReadonlySet<string> = new Set([RENEW, RELEASE]);

/** A page of some proxy is not. */
function isOwnWord({ json }: Answer): boolean {
  return textField(json, 'error') !== undefined;
}
