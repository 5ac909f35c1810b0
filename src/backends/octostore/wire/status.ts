import { lockStatus } from '../../../values/lock-status.js';
import type { LockStatus } from '../../../contract/status.js';
import { dateField, field, textField, tokenField } from './json.js';

/** A name that nobody holds. The token that the service tells of then is nobody's. */
export function free(name: string): LockStatus {
  return lockStatus({ name, status: 'free' });
}

/** What `GET /locks/{name}` and each entry of `GET /locks` say; `undefined` if it cannot be understood. */
export function readStatus(json: unknown, name = textField(json, 'name')): LockStatus | undefined {
  // An older server lists leases, which have no status: they are held.
  const status = textField(json, 'status') ?? (textField(json, 'lease_id') === undefined ? undefined : 'held');
  if (name === undefined || (status !== 'free' && status !== 'held')) return undefined;
  if (status === 'free') return free(name);
  const expiresAt = dateField(json, 'expires_at');
  return lockStatus({
    name,
    status,
    holder: textField(json, 'holder_id'),
    fencingToken: tokenField(json, 'fencing_token'),
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
    metadata: textField(json, 'metadata'),
  });
}

/** What `GET /locks` says; `undefined` if it cannot be understood. */
export function readStatuses(json: unknown): readonly LockStatus[] | undefined {
  const locks = field(json, 'locks');
  if (!Array.isArray(locks)) return undefined;
  const read = locks.map((lock: unknown) => readStatus(lock));
  return read.every((status) => status !== undefined) ? read : undefined;
}
