import { ApiError } from './api-error.js';

const RETRY_AFTER = 30_000;

/** Nobody is granted anything while all together have as much as they may. */
export function fullError(): ApiError {
  return new ApiError('capacity', 'Capacity exceeded: the server has as many locks as it may', {
    retryAfter: RETRY_AFTER,
  });
}
