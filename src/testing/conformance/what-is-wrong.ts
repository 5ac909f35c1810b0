import type { Bound, Grant } from '../../contract/backend.js';

const LARGEST = 2n ** 64n;

/**
 * What is wrong with the bounds of a grant or of a renewal.
 *
 * @param now On `clock.elapsed`: when the answer came.
 */
export function wrongBounds(bounds: readonly Bound[], now: number): readonly string[] {
  if (bounds.length === 0) return ['it hangs on no bound'];
  return bounds.flatMap(({ sentAt, ttl }) => [
    ...(ttl > 0 && ttl < Infinity ? [] : [`a bound has a ttl of ${String(ttl)} ms`]),
    ...(sentAt <= now ? [] : ['a bound was sent after its answer came: sentAt is not on clock.elapsed()']),
  ]);
}

/** What is wrong with the fencing token of a grant. */
export function wrongToken({ fencingToken }: Grant, fencing: boolean): readonly string[] {
  const type = typeof fencingToken;
  if (fencing && typeof fencingToken !== 'bigint') return [`features.fencing is true, but a fencing token is ${type}`];
  if (!fencing && type !== 'undefined') return [`features.fencing is false, but a fencing token is ${type}`];
  if (fencingToken === undefined || (fencingToken >= 0n && fencingToken < LARGEST)) return [];
  return [`a fencing token is no number of 64 bits: ${String(fencingToken).slice(0, 24)}`];
}
