import { ApiError } from './api-error.js';

/** @param retryAfter Milliseconds. */
export function tooOften(retryAfter: number): ApiError {
  const seconds = String(Math.ceil(retryAfter / 1000));
  return new ApiError('rate', `Rate limit exceeded; retry in ${seconds} seconds`, { retryAfter });
}
