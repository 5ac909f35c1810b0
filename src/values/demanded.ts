import { MAX_DURATION } from './duration.js';

/**
 * Milliseconds before which the service wants no other request, as its error says; 0 if it does not. Errors of other
 * packages may have something else under this name. Never more than the longest timer, because that would fire at once.
 */
export function demanded(cause: unknown): number {
  const { retryAfter } = (cause ?? {}) as { readonly retryAfter?: unknown };
  return typeof retryAfter === 'number' && retryAfter > 0 ? Math.min(retryAfter, MAX_DURATION) : 0;
}
