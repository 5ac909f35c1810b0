import { ApiError } from './api-error.js';

const RETRY_AFTER = 1000;

/** What is told of what is not on disk. @param failure Why it cannot be written; or it was over before it was. */
export function storageError(failure: Error | 'over'): ApiError {
  const why = failure === 'over' ? 'it ended before it was stored' : failure.message;
  return new ApiError('capacity', `Capacity exceeded: ${why}`, { retryAfter: RETRY_AFTER });
}
