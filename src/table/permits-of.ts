import type { Ask } from './place.js';

/** The permits of a lock. Who wants it for himself takes all of them, who shares it takes one: more than ever share it. */
export const WHOLE = Number.MAX_SAFE_INTEGER;

/** How many of its room's permits a place takes. */
export function permitsOf({ limit, permits = 1, mode }: Ask): number {
  if (limit !== undefined) return permits;
  return mode === 'shared' ? 1 : WHOLE;
}

/** @throws RangeError if no semaphore of that limit could give so many. */
export function requirePermits(limit: number, permits = 1): void {
  if (!(limit >= 1)) throw new RangeError('the limit of a semaphore is at least 1');
  if (!(permits >= 1 && permits <= limit)) throw new RangeError('the permits are between 1 and the limit');
}
