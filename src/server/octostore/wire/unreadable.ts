import { ApiError } from './api-error.js';

/** A request that no route can make sense of. What is wrong with it is told by the status. */
export function unreadable(status: 400 | 405 | 413 | 415 | 422 | 431): ApiError {
  return new ApiError('input', 'The request could not be parsed or is not supported by this endpoint', { status });
}
