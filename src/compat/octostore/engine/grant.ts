import { isOk, type Answer } from '../../../backends/octostore/wire/answer.js';
import type { Call } from '../../../backends/octostore/wire/api.js';
import { idField, textField, tokenField } from '../../../backends/octostore/wire/json.js';
import { isUnfenced } from '../../../backends/octostore/wire/unfenced-error.js';
import type { OctoStoreSession } from '../../../backends/octostore/sessions/session.js';
import { LockHeldError } from '../document/errors.js';

const CONFLICT = 409;
/** For messages. */
export const ACQUIRE = 'acquire the lock';

/** What was granted. */
export interface Granted {
  readonly leaseId: string;
  /** Where the server has such. */
  readonly token: bigint | undefined;
  readonly expiresAt: string | undefined;
  /** What was sent when it was first granted, where the server tells. */
  readonly metadata: string | undefined;
  /** On `clock.elapsed`. */
  readonly sentAt: number;
}

/**
 * Asks for a lock. The same owner, which is the session or else the token, gets the same lease again, with the metadata
 * of its first grant.
 *
 * @param ttl Seconds.
 * @param nonce By which a grant under the token alone is known to be the asker's own.
 */
export function acquireCall(name: string, ttl: number, session: OctoStoreSession | undefined, nonce: string): Call {
  const owner = session === undefined ? { metadata: nonce } : { session_id: session.id, ephemeral: true };
  const body = { ttl_seconds: ttl, ...owner };
  return { what: ACQUIRE, lock: name, method: 'POST', path: `/locks/${encodeURIComponent(name)}/acquire`, body };
}

/** Tells a grant of this attempt from one of another process with the same token. Not secret. */
export function anyNonce(random: () => number): string {
  const digits = (): string => Math.floor(random() * 2 ** 52).toString(36);
  return `rxlock:${digits()}-${digits()}`;
}

/** Nobody else can have been granted it: it hangs on this client's own session, or was granted to this very attempt. */
export function isProven({ metadata }: Granted, session: OctoStoreSession | undefined, nonce: string): boolean {
  return session !== undefined || metadata === nonce;
}

/** `undefined` if it is no grant. */
export function grantOf(answer: Answer): Granted | undefined {
  const { json, sentAt } = answer;
  const leaseId = idField(json, 'lease_id');
  const token = tokenField(json, 'fencing_token');
  if (!isOk(answer) || textField(json, 'status') === 'held' || leaseId === undefined) return undefined;
  if (token === undefined && !isUnfenced(json, 'fencing_token')) return undefined;
  return { leaseId, token, expiresAt: textField(json, 'expires_at'), metadata: textField(json, 'metadata'), sentAt };
}

/** Newer servers say 200 `held`; older ones 409, and newer ones too while a lock that was released may not be taken yet. */
export function heldBy(answer: Answer): LockHeldError | undefined {
  const { json, status, lock, retryAfter, code } = answer;
  const said = textField(json, 'status');
  if (!(isOk(answer) && said === 'held') && status !== CONFLICT) return undefined;
  const isDelayed = status === CONFLICT && said === 'delayed';
  const name = String(lock);
  return new LockHeldError(
    isDelayed ? `the lock '${name}' was released, but may not be taken yet` : `the lock '${name}' is held`,
    {
      name,
      status,
      serverCode: code,
      holder_id: textField(json, 'holder_id'),
      expires_at: textField(json, 'expires_at') ?? textField(json, 'available_at'),
      // What a holder has left is a hint, and no demand.
      retryAfter: isDelayed ? retryAfter : undefined,
    },
  );
}
