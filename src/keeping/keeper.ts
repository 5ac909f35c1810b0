import { endOf, firstToEnd } from './bounds.js';
import { demanded } from '../values/demanded.js';
import { LockError, LockNetworkError } from '../contract/errors.js';
import { Heap } from '../values/heap.js';
import { NEVER, type Kept } from './kept.js';
import { LeaseTimer } from './lease-timer.js';
import { forget, RenewalBatch, type RenewalSink } from './renewal-batch.js';
import type { Bounds, Grant, LockBackend } from '../contract/backend.js';
import type { LostReason } from '../contract/lease.js';
import type { Runtime } from '../contract/time.js';

/** How much earlier than `renewRatio × ttl` a renewal may go out, so that many locks do not renew in step. */
const JITTER = 0.1;
/** Attempts that fit between the first renewal and the deadline. */
const ATTEMPTS = 3;
/** A renewal is followed by another after this part of the time that an attempt may take, or later. */
const PATIENCE = 1 / 4;

/**
 * Renews what is held and notices when it is gone: one heap of leases, keyed by whatever comes first for each, and one
 * timer for the earliest of all. What is due within the same moment is renewed as one batch.
 */
export class Keeper implements RenewalSink {
  private readonly heap = new Heap<Kept>();
  private readonly timer: LeaseTimer;
  /** Until when the service wants to hear nothing of some of them. There are few, so it is no field of each. */
  private readonly demands = new Map<Kept, number>();
  /** When the answer came that is dealt with now. */
  private now = 0;
  private readonly isIdle = (): boolean => this.heap.size === 0;

  /**
   * @param changed Called when the timer may be armed wrongly; whoever is told calls `arm()` once, after the turn.
   */
  constructor(
    private readonly runtime: Runtime,
    private readonly backend: Pick<LockBackend, 'renew'>,
    private readonly changed: () => void,
  ) {
    this.timer = new LeaseTimer(runtime, () => {
      this.ring();
    });
  }

  get size(): number {
    return this.heap.size;
  }

  /** A snapshot, so that what is done to its members may change what is kept. */
  all(): readonly Kept[] {
    return this.heap.toArray();
  }

  /**
   * Starts to watch and renew.
   *
   * @param bounds Those of the grant.
   * @param isGuess The first confirmation replaces the deadline, even by an earlier one.
   */
  add(kept: Kept, bounds: Bounds, renew: boolean, isGuess = false): void {
    kept.renewAt = renew ? 0 : Infinity;
    this.believe(kept, bounds);
    if (isGuess) kept.confirmedAt = NEVER;
    this.heap.push(kept);
    if (kept.due < this.timer.at) this.changed();
  }

  /** Forgets it: no event follows. */
  remove(kept: Kept): void {
    if (kept.position < 0) return;
    this.heap.remove(kept);
    this.demands.delete(kept);
    forget(kept);
    if (this.heap.size === 0 && this.timer.at < Infinity) this.changed();
  }

  /** Sends a renewal now. */
  renewNow(kept: Kept): void {
    this.reschedule(kept, Math.floor(this.runtime.clock.elapsed()) + kept.patience);
    new RenewalBatch(this, [kept]).send(this.backend);
  }

  /** Renews from now on what was not to be renewed so far, or no longer what was. */
  setRenewal(kept: Kept, renew: boolean): void {
    const isRenewed = kept.renewAt < Infinity;
    if (kept.position < 0 || renew === isRenewed) return;
    // What is under way would prolong it once more.
    if (!renew) forget(kept);
    this.reschedule(kept, renew ? Math.floor(this.runtime.clock.elapsed()) : Infinity);
  }

  /** Ends what has passed its deadline. Called by whoever sees that first. */
  expire(kept: Kept): void {
    this.remove(kept);
    kept.lost('expired', undefined);
  }

  /** Ends, of the given grants, those that are kept. */
  revoke(grants: readonly Grant[], reason: LostReason, cause: unknown): void {
    // A process that was suspended may hear of it before its timers ring.
    this.runtime.clock.sync?.();
    const revoked = new Set(grants);
    for (const kept of this.all()) {
      if (!revoked.has(kept.grant) || this.isOver(kept)) continue;
      this.remove(kept);
      kept.lost(reason, cause);
    }
  }

  /** Sets the one timer to the earliest of all. */
  arm(): void {
    const first = this.heap.peek();
    if (first === undefined) this.timer.spare(this.isIdle);
    else this.timer.arm(first.due);
  }

  /** Sets the timer aside while time is of another kind. */
  setAside(): () => void {
    return this.timer.setAside();
  }

  /** Everything stops; nothing is told. */
  stop(): void {
    for (const kept of this.all()) this.remove(kept);
    this.timer.disarm();
  }

  private ring(): void {
    try {
      this.work();
    } finally {
      // Whatever goes wrong with one of them, the others are watched.
      this.arm();
    }
  }

  private work(): void {
    this.runtime.clock.sync?.();
    const now = this.runtime.clock.elapsed();
    const due: Kept[] = [];
    for (let kept = this.heap.peek(); kept !== undefined; kept = this.heap.peek()) {
      if (kept.deadline <= now) {
        this.expire(kept);
        continue;
      }
      // Renewals that are nearly due go along with one that is; deadlines never do.
      const window = due.length === 0 ? 0 : Math.min(kept.ttl / 100, kept.patience / 2);
      if (kept.renewAt > now + window || kept.renewAt > kept.deadline || this.notBefore(kept) > now) break;
      this.demands.delete(kept);
      // Beyond the window, or the same one would come again within this loop.
      this.reschedule(kept, Math.max(Math.floor(now) + kept.patience, Math.floor(now + window) + 1));
      due.push(kept);
      if (kept.attempt !== undefined) kept.uncertain(new LockNetworkError('the renewal was not answered in time'));
    }
    const kept = due.filter((one) => one.position >= 0);
    if (kept.length > 0) new RenewalBatch(this, kept).send(this.backend);
  }

  /** @internal The service confirmed a renewal. */
  confirmed(kept: Kept, bounds: Bounds): void {
    if (this.isOver(kept)) return;
    const { renewAt } = kept;
    this.believe(kept, bounds);
    // A newer attempt that is under way keeps its time to be answered; and a service that confirms nothing newer than
    // before must not make a busy loop.
    this.reschedule(kept, Math.max(kept.renewAt, kept.attempt === undefined ? this.soonest(kept) : renewAt));
    // What replaced the guess may be over already.
    if (!this.isOver(kept)) kept.renewed();
  }

  /** @internal The service said no. */
  refused(kept: Kept, cause: unknown): void {
    if (this.isOver(kept)) return;
    this.remove(kept);
    kept.lost('refused', cause);
  }

  /**
   * @internal An attempt failed.
   *
   * @param newest A newer one may still succeed: then what became of this one says nothing, but for what the service demands.
   */
  failed(kept: Kept, cause: unknown, newest: boolean): void {
    if (this.isOver(kept)) return;
    // What errors of other packages call so may be a date, and this would be the end of the lock.
    const pause = cause instanceof LockError ? demanded(cause) : 0;
    // Not even a lock that will be lost by it shortens what a service demands.
    if (pause > 0) this.demands.set(kept, Math.max(this.notBefore(kept), Math.ceil(this.now + pause)));
    if (kept.renewAt < Infinity && (newest || pause > 0)) {
      this.reschedule(kept, newest ? Math.min(kept.renewAt, this.soonest(kept)) : kept.renewAt);
    }
    if (newest) kept.uncertain(cause);
  }

  private notBefore(kept: Kept): number {
    return this.demands.get(kept) ?? -Infinity;
  }

  /** When an attempt may follow one that was answered. */
  private soonest(kept: Kept): number {
    return Math.floor(this.now) + Math.max(1, Math.floor(kept.patience * PATIENCE));
  }

  /** An answer that comes after the deadline changes nothing: the loss is told instead. */
  private isOver(kept: Kept): boolean {
    if (kept.position < 0) return true;
    this.now = this.runtime.clock.elapsed();
    if (this.now < kept.deadline) return false;
    this.expire(kept);
    return true;
  }

  /**
   * Sets the deadline and the next renewal from what the service confirmed. The deadline moves back only if a newer
   * request was given less than an older one.
   */
  private believe(kept: Kept, bounds: Bounds): void {
    const first = firstToEnd(bounds, kept.safetyFactor);
    const deadline = endOf(first, kept.safetyFactor);
    if (first.sentAt >= kept.confirmedAt || deadline > kept.deadline) {
      kept.deadline = deadline;
      kept.confirmedAt = Math.floor(first.sentAt);
    }
    kept.patience = Math.floor(((kept.safetyFactor - kept.renewRatio) * first.ttl) / ATTEMPTS);
    if (kept.renewAt < Infinity) {
      const early = 1 - JITTER * this.runtime.random();
      kept.renewAt = Math.floor(first.sentAt + kept.renewRatio * first.ttl * early);
    }
    kept.due = Math.min(kept.renewAt, kept.deadline);
  }

  private reschedule(kept: Kept, renewAt: number): void {
    kept.renewAt = this.demands.size === 0 ? renewAt : Math.max(renewAt, this.notBefore(kept));
    kept.due = Math.min(kept.renewAt, kept.deadline);
    this.heap.update(kept);
    this.changed();
  }
}
