import type { Observer, Subscription } from 'rxjs';
import { asked } from './asked.js';
import { demanded } from './demanded.js';
import { LockNetworkError } from './errors.js';
import { Heap, type HeapItem } from './heap.js';
import type { Bound, Bounds, Grant, LockBackend, LostReason, Renewal, Runtime } from './types.js';

/** How much earlier than `renewRatio × ttl` a renewal may go out, so that many locks do not renew in step. */
const JITTER = 0.1;
/** Attempts that fit between the first renewal and the deadline. */
const ATTEMPTS = 3;
/** The longest time between two looks at the clock. Milliseconds. */
const LOOK = 1000;
/** Before any time that a clock tells. A small integer, as the times are: a larger one would cost each lease an object. */
const NEVER = -(2 ** 30);
/** A renewal is followed by another after this part of the time that an attempt may take, or later. */
const PATIENCE = 1 / 4;

/** What is renewed and watched: the part of a lease that the keeper knows. All times are on `clock.elapsed`. */
export abstract class Kept implements HeapItem {
  /** Milliseconds asked for at each renewal. */
  abstract readonly ttl: number;
  abstract readonly grant: Grant;
  abstract readonly safetyFactor: number;
  abstract readonly renewRatio: number;
  /** When it stops being believed in. */
  deadline = 0;
  /** When the request was sent that its deadline counts from, in whole milliseconds; `NEVER` if that is a guess. */
  confirmedAt = 0;
  /** When the next renewal goes out; Infinity if it is not to be renewed. */
  renewAt = 0;
  /** How long one attempt may take. */
  patience = 0;
  /** The heap's key: whatever comes first, renewal or deadline. */
  due = 0;
  position = -1;
  /** The newest attempt, while it is unanswered. */
  attempt: Batch | undefined = undefined;
  /** Older attempts that may still be answered. */
  earlier: Batch[] | undefined = undefined;

  abstract renewed(): void;
  abstract uncertain(cause: unknown): void;
  abstract lost(reason: LostReason, cause: unknown): void;
}

/** `min over bounds of (sentAt + safetyFactor × ttl)`: where every deadline comes from. */
export function deadlineOf(bounds: Bounds, safetyFactor: number): number {
  return endOf(firstToEnd(bounds, safetyFactor), safetyFactor);
}

function endOf(bound: Bound, safetyFactor: number): number {
  return Math.floor(bound.sentAt + safetyFactor * bound.ttl);
}

function firstToEnd(bounds: Bounds, safetyFactor: number): Bound {
  let first = bounds[0];
  for (let i = 1; i < bounds.length; i++) {
    const bound = bounds[i] as Bound;
    if (endOf(bound, safetyFactor) < endOf(first, safetyFactor)) first = bound;
  }
  return first;
}

/**
 * Renews what is held and notices when it is gone: one heap of leases, keyed by whatever comes first for each, and one
 * timer for the earliest of all. What is due within the same moment is renewed as one batch.
 */
export class Keeper {
  private readonly heap = new Heap<Kept>();
  private timer: Subscription | undefined;
  private timerAt = Infinity;
  private sparing = false;
  /** Until when the service wants to hear nothing of some of them. There are few, so it is no field of each. */
  private readonly demands = new Map<Kept, number>();
  /** When the answer came that is dealt with now. */
  private now = 0;
  private readonly tick = (): void => {
    this.onTick();
  };

  /**
   * @param changed Called when the timer may be armed wrongly; whoever is told calls `arm()` once, after the turn.
   */
  constructor(
    private readonly runtime: Runtime,
    private readonly backend: Pick<LockBackend, 'renew'>,
    private readonly changed: () => void,
  ) {}

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
    if (kept.due < this.timerAt) this.changed();
  }

  /** Forgets it: no event follows. */
  remove(kept: Kept): void {
    if (kept.position < 0) return;
    this.heap.remove(kept);
    this.demands.delete(kept);
    forget(kept);
    if (this.heap.size === 0 && this.timer !== undefined) this.changed();
  }

  /** Sends a renewal now. */
  renewNow(kept: Kept): void {
    this.reschedule(kept, Math.floor(this.runtime.clock.elapsed()) + kept.patience);
    new Batch(this, [kept]).send(this.backend);
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
    const revoked = new Set(grants);
    for (const kept of this.all()) {
      if (!revoked.has(kept.grant) || kept.position < 0) continue;
      this.remove(kept);
      kept.lost(reason, cause);
    }
  }

  /** Arms the one timer for the earliest of all. One that is armed for an earlier moment stays: it arms the next. */
  arm(): void {
    const first = this.heap.peek();
    if (first === undefined) this.spare();
    else if (first.due < this.timerAt) {
      this.disarm();
      const { clock, scheduler } = this.runtime;
      const now = clock.elapsed();
      // A timer does not count the time of a suspend: a late look would notice a loss long after the machine woke up.
      this.timerAt = Math.min(first.due, now + LOOK);
      this.timer = scheduler.schedule(this.tick, Math.max(0, this.timerAt - now));
    }
  }

  /** Everything stops; nothing is told. */
  stop(): void {
    for (const kept of this.all()) this.remove(kept);
    this.disarm();
  }

  /** Whoever takes lock after lock would arm and disarm the timer each time: it goes when that has come to a rest. */
  private spare(): void {
    if (this.timer === undefined || this.sparing) return;
    this.sparing = true;
    this.runtime.scheduler.schedule(() => {
      this.sparing = false;
      if (this.heap.size === 0) this.disarm();
    }, 0);
  }

  private disarm(): void {
    this.timer?.unsubscribe();
    this.timer = undefined;
    this.timerAt = Infinity;
  }

  private onTick(): void {
    this.timer = undefined;
    this.timerAt = Infinity;
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
    if (kept.length > 0) new Batch(this, kept).send(this.backend);
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
    const pause = demanded(cause);
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

/** No answer to its attempts counts any more. */
function forget(kept: Kept): void {
  kept.attempt?.leave();
  kept.attempt = undefined;
  if (kept.earlier !== undefined) for (const batch of kept.earlier) batch.leave();
  kept.earlier = undefined;
}

/** One request for the renewal of several leases. It stays open for late answers until none of them is kept any more. */
class Batch implements Observer<Renewal> {
  private subscription: Subscription | undefined;
  private open: number;

  constructor(
    private readonly keeper: Keeper,
    private readonly members: (Kept | undefined)[],
  ) {
    this.open = members.length;
  }

  send(backend: Pick<LockBackend, 'renew'>): void {
    const members = this.members as Kept[];
    for (const kept of members) {
      if (kept.attempt !== undefined) (kept.earlier ??= []).push(kept.attempt);
      kept.attempt = this;
    }
    const grants = members.map((kept) => kept.grant);
    const ttls = members.map((kept) => kept.ttl);
    const subscription = asked(() => backend.renew(grants, ttls)).subscribe(this);
    if (this.open === 0) subscription.unsubscribe();
    else this.subscription = subscription;
  }

  next(renewal: Renewal): void {
    const kept = this.members[renewal.index];
    this.members[renewal.index] = undefined;
    // Whoever is not kept any more has left this batch already.
    if (kept === undefined || kept.position < 0) return;
    // Final, whichever attempt it answers.
    if (renewal.outcome === 'refused') {
      this.keeper.refused(kept, renewal.cause);
      return;
    }
    const newest = kept.attempt === this;
    // A newer attempt was confirmed, and this one was left then.
    if (!newest && kept.earlier?.includes(this) !== true) return;
    if (renewal.outcome === 'renewed') this.supersede(kept);
    if (newest) kept.attempt = undefined;
    else kept.earlier = kept.earlier?.filter((batch) => batch !== this);
    this.leave();
    if (renewal.outcome === 'renewed') this.keeper.confirmed(kept, renewal.bounds);
    else this.keeper.failed(kept, renewal.cause, newest);
  }

  error(cause: unknown): void {
    for (let index = 0; index < this.members.length; index++) this.next({ index, outcome: 'unknown', cause });
  }

  complete(): void {
    if (this.open > 0) this.error(new LockNetworkError('the renewal was not answered'));
  }

  /** Attempts that are older than this one can confirm nothing more. */
  private supersede(kept: Kept): void {
    const { earlier } = kept;
    if (earlier === undefined) return;
    const own = earlier.indexOf(this);
    for (const batch of earlier.splice(0, own < 0 ? earlier.length : own)) batch.leave();
  }

  /** One member less waits for an answer. */
  leave(): void {
    if (--this.open === 0) this.subscription?.unsubscribe();
  }
}
