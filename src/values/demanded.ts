/** The longest that a service is left alone, whatever it demands: a mistyped date must not stop a lock for days. Milliseconds. */
export const MAX_DEMAND = 3_600_000;

/**
 * Milliseconds before which the service wants no other request, as its error says; 0 if it does not. Errors of other
 * packages may have something else under this name. Never more than {@link MAX_DEMAND}.
 */
export function demanded(cause: unknown): number {
  const { retryAfter } = (cause ?? {}) as { readonly retryAfter?: unknown };
  return typeof retryAfter === 'number' && retryAfter > 0 ? Math.min(retryAfter, MAX_DEMAND) : 0;
}
