import { LockError } from './errors.js';

/** Milliseconds before which the service wants no other request, as its error says; 0 if it does not. */
export function demanded(cause: unknown): number {
  return cause instanceof LockError ? ((cause as { readonly retryAfter?: number }).retryAfter ?? 0) : 0;
}
