import { LockNetworkError } from '../contract/errors.js';
import { lockStatus } from '../values/lock-status.js';
import type { LockStatus } from '../contract/status.js';

/**
 * A status as its user knows it: under the name that he gave, and good for JSON, whatever a service made it of.
 *
 * @throws LockNetworkError for what is no status at all.
 */
export function userStatus(told: LockStatus, prefix: string): LockStatus {
  const { status, name } = (told as Partial<LockStatus> | null | undefined) ?? {};
  if ((status !== 'free' && status !== 'held') || typeof name !== 'string') {
    throw new LockNetworkError('the service answered something that is not the status of a lock');
  }
  const isWhole = prefix === '' && typeof (told as Partial<LockStatus>).toJSON === 'function';
  return isWhole ? told : lockStatus({ ...told, name: name.slice(prefix.length) });
}
