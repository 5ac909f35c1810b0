import { LockUnsupportedError, LockValidationError, type LockError } from '../../../contract/errors.js';
import type { AcquireRequest } from '../../../contract/backend.js';

/** Characters. */
const MAX_METADATA = 1024;

/**
 * Why the service would not take a request; `undefined` if it would.
 *
 * @param single What to say to whoever wants a semaphore.
 */
export function refuseRequest({ limit, metadata, name }: AcquireRequest, single: string): LockError | undefined {
  if (limit !== undefined) return new LockUnsupportedError(single, { name });
  if (metadata !== undefined && metadata.length > MAX_METADATA && Array.from(metadata).length > MAX_METADATA) {
    const message = `metadata is longer than ${String(MAX_METADATA)} characters`;
    return new LockValidationError(message, { name, option: 'metadata' });
  }
  return undefined;
}
