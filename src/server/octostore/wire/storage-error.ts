import { ApiError } from './api-error.js';

const RETRY_AFTER = 1000;

/** What is told of what is not on disk. @param failure Why it cannot be written. Absent: it ended before it was. */
export function storageError(failure?: Error): ApiError {
  const why = failure?.message ?? 'it ended before it was stored';
  return new ApiError('capacity', `Capacity exceeded: ${why}`, { retryAfter: RETRY_AFTER });
}
