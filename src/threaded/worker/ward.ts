import type { Grant, Keeping } from '../../contract/backend.js';
import type { LostReason } from '../../contract/lease.js';
import { Kept } from '../../keeping/kept.js';
import { RENEW_RATIO } from '../../keeping/lease-rule.js';

/** What a ward tells who looks after it. */
export interface WardOutcome {
  renewed(ward: Ward): void;
  lost(ward: Ward, reason: LostReason, cause: unknown): void;
}

/** After this part of the time from the main thread's own renewal to the deadline the worker thinks of one of its own. */
const LATER = 1 / 6;

/**
 * A grant that the worker looks after. It is due a little later than the main thread will ask for its renewal: while that
 * turns, it is the one that renews.
 */
export class Ward extends Kept {
  readonly safetyFactor: number;
  readonly renewRatio: number;
  /** When the main thread asked for it last, in common time. */
  askedAt: number;
  /** How often it asked for a shorter ttl: an answer to what was asked before says nothing any more. */
  curbs = 0;
  /** It has asked for a renewal. */
  wasAsked = false;
  /** What ends it for good. */
  retirement: { unsubscribe(): void } | undefined;
  private failure: unknown = undefined;

  /** @param keeping Absent: the main thread alone renews it, and it is believed in for all of its time. */
  constructor(
    readonly id: number,
    readonly place: number,
    readonly grant: Grant,
    /** Milliseconds. */
    public ttl: number,
    private readonly keeping: Keeping | undefined,
    now: number,
    private readonly outcome: WardOutcome,
  ) {
    super();
    this.askedAt = now;
    this.safetyFactor = keeping?.safetyFactor ?? 1;
    const ratio = keeping?.renewRatio ?? RENEW_RATIO;
    this.renewRatio = ratio + (this.safetyFactor - ratio) * LATER;
  }

  /** Is the worker to renew it if the main thread cannot? */
  get isRenewed(): boolean {
    return this.keeping !== undefined && (this.keeping.renew || this.wasAsked);
  }

  /** Is a renewal of the worker's own under way, which would make this ttl short again if it arrived later? */
  isBusy(ttl: number): boolean {
    return ttl > this.ttl && this.attempt !== undefined;
  }

  /** What was confirmed of it, by its deadline: what the rule has made of the bounds. */
  get confirmedTtl(): number {
    return (this.deadline - this.confirmedAt) / this.safetyFactor;
  }

  /** How much later than its confirmation the main thread will have asked for it. Milliseconds. */
  get askedAfter(): number {
    return (this.keeping?.renewRatio ?? RENEW_RATIO) * this.confirmedTtl;
  }

  failed(cause: unknown): void {
    this.failure = cause ?? this.failure;
  }

  renewed(): void {
    this.failure = undefined;
    this.outcome.renewed(this);
  }

  uncertain(cause: unknown): void {
    this.failed(cause);
  }

  lost(reason: LostReason, cause: unknown): void {
    this.outcome.lost(this, reason, cause ?? this.failure);
  }
}
