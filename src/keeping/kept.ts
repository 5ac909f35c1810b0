import type { Grant } from '../contract/backend.js';
import type { LostReason } from '../contract/lease.js';
import type { HeapItem } from '../values/heap.js';

/** Before any time that a clock tells. A small integer, as the times are: a larger one would cost each lease an object. */
export const NEVER = -(2 ** 30);

/**
 * What is renewed and watched: the part of a lease that the keeper knows. All times are on `clock.elapsed`.
 *
 * Its constructor makes its fields, here and in all classes of its line: V8 does not inline the constructor of a class that extends
 * one with field initialisers, and there is one object for each lock.
 */
export abstract class Kept implements HeapItem {
  /** Milliseconds asked for at each renewal. */
  abstract readonly ttl: number;
  abstract readonly grant: Grant;
  abstract readonly safetyFactor: number;
  abstract readonly renewRatio: number;
  /** When it stops being believed in. */
  declare deadline: number;
  /** When the request was sent that its deadline counts from, in whole milliseconds; before any time if that is a guess. */
  declare confirmedAt: number;
  /** When the next renewal goes out; Infinity if it is not to be renewed. */
  declare renewAt: number;
  /** How long one attempt may take. */
  declare patience: number;
  declare position: number;
  /** The newest attempt, while it is unanswered. It is known by identity only. */
  declare attempt: object | undefined;

  constructor() {
    this.deadline = NEVER;
    this.confirmedAt = NEVER;
    this.renewAt = 0;
    this.patience = 0;
    this.position = -1;
    this.attempt = undefined;
  }

  /** The heap's key: whatever comes first, renewal or deadline. */
  get due(): number {
    return Math.min(this.renewAt, this.deadline);
  }

  /** What it is a lock of, by which it is looked for, always the same; undefined if nobody looks for it. */
  get resource(): string | undefined {
    return undefined;
  }

  /** How many permits of its resource its holder has: none while it is nobody's yet, or any more. */
  get permits(): number {
    return this.position < 0 ? 0 : 1;
  }

  /** Is its time over? A deadline further away than its ttl cannot be: the clock ran backwards, and nobody knows how far. */
  hasExpired(now: number): boolean {
    return now >= this.deadline || this.deadline - now > this.ttl;
  }

  /**
   * It was confirmed, and no attempt of its own was answered. Nobody need be told, unless he was told that it is uncertain.
   *
   * @param _sentAt As `confirmedAt`.
   */
  caughtUp(_sentAt: number): void {
    // Most have nobody to tell.
  }

  /**
   * @param isNewest What was confirmed is the newest request.
   * @param sentAt As `confirmedAt`. What is answered may have been confirmed by the same before.
   */
  abstract renewed(isNewest: boolean, sentAt: number): void;
  abstract uncertain(cause: unknown): void;
  abstract lost(reason: LostReason, cause: unknown): void;
}
