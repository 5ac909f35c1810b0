import type { Bound, Bounds } from '../contract/backend.js';

/** `sentAt + safetyFactor × ttl`: when its holder stops believing in it. On `clock.elapsed`, in whole milliseconds. */
export function endOf(bound: Bound, safetyFactor: number): number {
  return Math.floor(bound.sentAt + safetyFactor * bound.ttl);
}

/** The bound that a deadline comes from: it is `min over bounds of (sentAt + safetyFactor × ttl)`. */
export function firstToEnd(bounds: Bounds, safetyFactor: number): Bound {
  let first = bounds[0];
  for (let i = 1; i < bounds.length; i++) {
    const bound = bounds[i] as Bound;
    if (endOf(bound, safetyFactor) < endOf(first, safetyFactor)) first = bound;
  }
  return first;
}

/** Can these be the bounds of a grant? At least one, each a time that has been, and a ttl. A backend may be anybody's. */
export function areSound(bounds: unknown, now: number): bounds is Bounds {
  if (!Array.isArray(bounds) || bounds.length === 0) return false;
  for (const bound of bounds as readonly (Bound | null | undefined)[]) {
    const { sentAt = NaN, ttl = NaN } = bound ?? {};
    if (!(Number.isFinite(sentAt) && sentAt <= now && ttl >= 0)) return false;
  }
  return true;
}
