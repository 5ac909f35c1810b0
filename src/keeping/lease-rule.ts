import type { Bounds } from '../contract/backend.js';
import { endOf, firstToEnd } from './bounds.js';
import type { Kept } from './kept.js';

/** When a lease is renewed first, as a part of what was confirmed; two attempts may fail after that. */
export const RENEW_RATIO = 1 / 3;
/** For which part of it a lease is believed in: clocks may differ in rate by a quarter. */
export const SAFETY_FACTOR = 0.8;
/** How much earlier than `renewRatio × ttl` a renewal may go out, so that many locks do not renew in step. */
const JITTER = 0.1;
/** Attempts that fit between the first renewal and the deadline. */
const ATTEMPTS = 3;
/** A renewal is followed by another after this part of the time that an attempt may take, or later. */
const PATIENCE = 1 / 4;

/**
 * Sets the deadline and the next renewal from what the service confirmed. The deadline moves back only if a newer request
 * was given less than an older one.
 *
 * @param bounds What was confirmed.
 * @param now When the answer came, on `clock.elapsed`.
 */
export function believe(kept: Kept, bounds: Bounds, now: number, random: () => number): void {
  const { safetyFactor, renewRatio } = kept;
  const first = firstToEnd(bounds, safetyFactor);
  let { sentAt, ttl } = first;
  // Nobody believes in more than was asked for, whatever the service says; nor, as an older request is answered, in more than the newest asks for.
  const latest = first.sentAt < kept.confirmedAt ? kept.confirmedAt : now;
  if (sentAt + safetyFactor * ttl > latest + safetyFactor * kept.ttl) {
    sentAt = latest;
    ttl = kept.ttl;
  }
  const deadline = Math.floor(sentAt + safetyFactor * ttl);
  if (first.sentAt >= kept.confirmedAt || deadline > kept.deadline) {
    kept.deadline = deadline;
    kept.confirmedAt = Math.floor(first.sentAt);
  }
  kept.patience = patienceOf(safetyFactor, renewRatio, ttl);
  if (kept.renewAt < Infinity) {
    const early = 1 - JITTER * random();
    kept.renewAt = Math.floor(sentAt + renewRatio * ttl * early);
  }
}

/**
 * Asks for a shorter ttl from now on: it is believed in for no longer than that, whatever becomes of the request.
 *
 * @param now On `clock.elapsed`, in whole milliseconds.
 */
export function curb(kept: Kept, now: number): void {
  const { safetyFactor, renewRatio, ttl } = kept;
  kept.deadline = Math.min(kept.deadline, endOf({ sentAt: now, ttl }, safetyFactor));
  kept.confirmedAt = now;
  kept.patience = patienceOf(safetyFactor, renewRatio, ttl);
}

function patienceOf(safetyFactor: number, renewRatio: number, ttl: number): number {
  return Math.floor(((safetyFactor - renewRatio) * ttl) / ATTEMPTS);
}

/** When an attempt may follow one that was answered now. */
export function soonest({ patience }: Kept, now: number): number {
  return Math.floor(now) + Math.max(1, Math.floor(patience * PATIENCE));
}
