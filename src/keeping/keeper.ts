import { merge, mergeMap, of, retry, Subject, tap, timer, type Observable, type Subscription } from 'rxjs';
import type { Bounds, Grant, LockBackend } from '../contract/backend.js';
import { LockNetworkError } from '../contract/errors.js';
import type { LostReason } from '../contract/lease.js';
import type { Runtime } from '../contract/time.js';
import { Heap } from '../values/heap.js';
import { reportError } from '../values/report-errors.js';
import { Attempts } from './attempts.js';
import { areSound, firstToEnd } from './bounds.js';
import { Demands } from './demands.js';
import { NEVER, type Kept } from './kept.js';
import { KeptIndex } from './kept-index.js';
import { believe, curb, soonest } from './lease-rule.js';
import { LeaseTimer } from './lease-timer.js';
import { RenewalBatch, type Answer } from './renewal-batch.js';

/** How long the pipeline pauses after an error of its own, of a clock that throws say. Milliseconds. */
const PAUSE = 100;

/** What is due: a request, or a lease whose time is over, or whose newest attempt has taken too long. */
type Due = RenewalBatch | Overdue;

interface Overdue {
  readonly kept: Kept;
  readonly overdue: 'lease' | 'answer';
}

/**
 * Renews what is held and notices when it is gone: one heap of leases, keyed by whatever comes first for each, and one
 * pipeline from the ticks of one timer to what becomes of each lease. It runs while anything is kept.
 */
export class Keeper {
  private readonly heap = new Heap<Kept>();
  private readonly attempts = new Attempts();
  private readonly demands = new Demands();
  /** Made when somebody looks for something, and dropped when nothing is kept: what nobody looks for costs nothing. */
  private byGrant: KeptIndex<Grant> | undefined;
  private byResource: KeptIndex<string> | undefined;
  private readonly timer: LeaseTimer;
  /** Renewals that are wanted now. */
  private readonly wanted$ = new Subject<RenewalBatch>();
  /** The pipeline. What it emits is dealt with by its subscriber, as what throws inside an operator would end it. */
  private readonly outcomes$: Observable<Answer | Overdue>;
  private running: Subscription | undefined;
  /** When the answer came that is dealt with now, on `clock.elapsed`. */
  private now = 0;

  /**
   * @param changed Called when the timer may be armed wrongly; whoever is told calls `arm()` once, after the turn.
   */
  constructor(
    private readonly runtime: Runtime,
    private readonly backend: Pick<LockBackend, 'renew' | 'confirmed'>,
    private readonly changed: () => void,
  ) {
    this.timer = new LeaseTimer(runtime, () => this.heap.due);
    this.outcomes$ = merge(this.wanted$, this.timer.ticks$.pipe(mergeMap(() => this.due()))).pipe(
      tap({ subscribe: changed }),
      mergeMap((due) => (due instanceof RenewalBatch ? due.answers$(backend) : of(due))),
      retry({ delay: (error) => this.pause$(error) }),
    );
  }

  get size(): number {
    return this.heap.size;
  }

  /** A snapshot, so that what is done to its members may change what is kept. */
  all(): readonly Kept[] {
    return this.heap.toArray();
  }

  /** One of those that are held of a resource. */
  oneOf(resource: string): Kept | undefined {
    for (const kept of this.locksOf(resource)) if (kept.permits > 0) return kept;
    return undefined;
  }

  /** How many permits of a resource are held. */
  permits(resource: string): number {
    let permits = 0;
    for (const kept of this.locksOf(resource)) permits += kept.permits;
    return permits;
  }

  /**
   * Starts to watch and renew.
   *
   * @param bounds Those of the grant.
   * @param now On `clock.elapsed`.
   * @param isGuess The first confirmation replaces the deadline, even by an earlier one.
   */
  add(kept: Kept, bounds: Bounds, renew: boolean, now: number, isGuess = false): void {
    this.now = now;
    kept.renewAt = renew ? 0 : Infinity;
    believe(kept, bounds, this.now, this.runtime.random);
    if (isGuess) kept.confirmedAt = NEVER;
    this.heap.push(kept);
    this.byGrant?.add(kept);
    this.byResource?.add(kept);
    this.running ??= this.outcomes$.subscribe((outcome) => {
      this.deal(outcome);
    });
    if (kept.due < this.timer.at) this.changed();
  }

  /** Forgets it: no event follows. */
  remove(kept: Kept): void {
    if (kept.position < 0) return;
    this.heap.remove(kept);
    this.demands.forget(kept);
    if (kept.attempt !== undefined || this.attempts.areLate) this.attempts.forget(kept);
    this.byGrant?.delete(kept);
    this.byResource?.delete(kept);
    if (this.heap.size === 0) this.atRest();
  }

  /**
   * Sends a renewal now.
   *
   * @param isShorter For a shorter ttl than so far. It may come into force whether or not its answer arrives: nobody believes in more
   * from here on, and what was asked for before confirms nothing any more.
   */
  renewNow(kept: Kept, isShorter = false): void {
    const now = Math.floor(this.runtime.clock.elapsed());
    if (isShorter) {
      this.attempts.forget(kept);
      curb(kept, now);
    }
    this.reschedule(kept, now + kept.patience);
    this.wanted$.next(this.attempts.begin([kept]));
  }

  /** Milliseconds for which the service wants to hear nothing of it. */
  demanded(kept: Kept): number {
    return Math.max(0, Math.ceil(this.demands.notBefore(kept) - this.runtime.clock.elapsed()));
  }

  /** Renews from now on what was not to be renewed so far, or no longer what was. */
  setRenewal(kept: Kept, renew: boolean): void {
    const isRenewed = kept.renewAt < Infinity;
    if (kept.position < 0 || renew === isRenewed) return;
    // What is under way would prolong it once more.
    if (!renew) this.attempts.forget(kept);
    this.reschedule(kept, renew ? Math.floor(this.runtime.clock.elapsed()) : Infinity);
  }

  /**
   * Learns what a backend that renews elsewhere knows of a lease by now: a newer confirmation, or a loss, which `revoked$` tells.
   * Nothing is called expired before, whoever looks.
   *
   * @returns Has anything changed?
   */
  hear(kept: Kept): boolean {
    return this.backend.confirmed !== undefined && kept.position >= 0 && this.catchUp(kept);
  }

  /** Ends what has passed its deadline. Called by whoever sees that first. */
  expire(kept: Kept): void {
    this.lose(kept, 'expired', undefined);
  }

  /** Ends, of the given grants, those that are kept. */
  revoke(grants: readonly Grant[], reason: LostReason, cause: unknown): void {
    // A process that was suspended may hear of it before its timers ring.
    this.runtime.clock.sync?.();
    // All of them first: what is told of one may end others, and bring new ones.
    const index = (this.byGrant ??= new KeptIndex((kept) => kept.grant, this.all()));
    for (const kept of grants.flatMap((grant) => [...index.get(grant)])) {
      // Not asked again what was confirmed: this may be what that brought to light.
      if (!this.hasRunOut(kept)) this.lose(kept, reason, cause);
    }
  }

  /** Sets the one timer to the earliest of all, or comes to a rest. */
  arm(): void {
    if (this.heap.size === 0) this.timer.rest(this.rest);
    else this.timer.arm();
  }

  /** Everything stops; nothing is told. */
  stop(): void {
    for (const kept of this.all()) this.remove(kept);
    this.rest();
  }

  // ----------------------------------------------------------------------------------------- the pipeline

  private locksOf(resource: string): ReadonlySet<Kept> {
    return (this.byResource ??= new KeptIndex((kept) => kept.resource, this.all())).get(resource);
  }

  private atRest(): void {
    this.byGrant = undefined;
    this.byResource = undefined;
    this.changed();
  }

  private readonly rest = (): void => {
    if (this.heap.size > 0) return;
    this.running?.unsubscribe();
    this.running = undefined;
  };

  private pause$(error: unknown): Observable<unknown> {
    reportError(error);
    return timer(PAUSE, this.runtime.scheduler);
  }

  /** What is due now, in its order, and one request for all that are to be renewed. Lazy: what is told of one may end others. */
  private *due(): Generator<Due> {
    this.runtime.clock.sync?.();
    let now = this.runtime.clock.elapsed();
    const members: Kept[] = [];
    for (let kept = this.heap.peek(); kept !== undefined; kept = this.heap.peek()) {
      if (this.hear(kept)) {
        now = this.runtime.clock.elapsed();
        continue;
      }
      if (kept.hasExpired(now)) {
        yield { kept, overdue: 'lease' };
        // Whoever was told took his time, and may have got a new one: by the old time that could not be.
        now = this.runtime.clock.elapsed();
        continue;
      }
      // Renewals that are nearly due go along with one that is; deadlines never do.
      const window = members.length === 0 ? 0 : Math.min(kept.ttl / 100, kept.patience / 2);
      if (kept.renewAt > now + window || kept.renewAt > kept.deadline || this.demands.notBefore(kept) > now) break;
      this.demands.forget(kept);
      // Beyond the window, or the same one would come again within this loop.
      this.reschedule(kept, Math.max(Math.floor(now) + kept.patience, Math.floor(now + window) + 1));
      members.push(kept);
      if (kept.attempt === undefined) continue;
      yield { kept, overdue: 'answer' };
      now = this.runtime.clock.elapsed();
    }
    const kept = members.filter((one) => one.position >= 0);
    if (kept.length > 0) yield this.attempts.begin(kept);
  }

  private deal(outcome: Answer | Overdue): void {
    if ('renewal' in outcome) this.answered(outcome);
    else if (outcome.overdue === 'lease') this.expire(outcome.kept);
    else outcome.kept.uncertain(new LockNetworkError('the renewal was not answered in time'));
  }

  private answered({ kept, batch, renewal }: Answer): void {
    if (this.isOver(kept)) return;
    // Final, whichever attempt it answers.
    if (renewal.outcome === 'refused') {
      this.lose(kept, 'refused', renewal.cause);
      return;
    }
    const bounds = renewal.outcome === 'renewed' && areSound(renewal.bounds, this.now) ? renewal.bounds : undefined;
    const isNewest = kept.attempt === batch;
    // A newer attempt was confirmed, and this one was left then.
    if (!this.attempts.end(kept, batch, bounds !== undefined)) return;
    if (bounds !== undefined) this.confirmed(kept, bounds, isNewest);
    else if (renewal.outcome === 'renewed')
      this.failed(
        kept,
        new LockNetworkError('the service confirmed the renewal in a way that makes no sense'),
        isNewest,
      );
    else this.failed(kept, renewal.cause, isNewest);
  }

  private confirmed(kept: Kept, bounds: Bounds, isNewest: boolean): void {
    this.prolong(kept, bounds);
    // What replaced the guess may be over already.
    if (!this.isOver(kept)) kept.renewed(isNewest, momentOf(bounds, kept));
  }

  /** @param isNewest A newer attempt may still succeed if not: what became of this one says nothing then, but for what the service demands. */
  private failed(kept: Kept, cause: unknown, isNewest: boolean): void {
    const isDemanded = this.demands.heed(kept, cause, this.now);
    if (kept.renewAt < Infinity && (isNewest || isDemanded)) {
      this.reschedule(kept, isNewest ? Math.min(kept.renewAt, soonest(kept, this.now)) : kept.renewAt);
    }
    if (isNewest) kept.uncertain(cause);
  }

  /** It was renewed, or lost, where nobody here saw it. What is to run out does. */
  private catchUp(kept: Kept): boolean {
    const bounds = this.confirmedOf(kept);
    if (kept.position < 0) return true;
    if (bounds === undefined || kept.renewAt === Infinity) return false;
    this.now = this.runtime.clock.elapsed();
    if (!areSound(bounds, this.now)) return false;
    const moment = momentOf(bounds, kept);
    if (moment <= kept.confirmedAt) return false;
    this.prolong(kept, bounds);
    kept.caughtUp(moment);
    return true;
  }

  /** A backend that cannot say harms no lock: each has its deadline. */
  private confirmedOf({ grant }: Kept): Bounds | undefined {
    try {
      return this.backend.confirmed?.(grant);
    } catch {
      return undefined;
    }
  }

  /** Has it believed in until later, and renewed then. */
  private prolong(kept: Kept, bounds: Bounds): void {
    const { renewAt } = kept;
    believe(kept, bounds, this.now, this.runtime.random);
    // A newer attempt that is under way keeps its time to be answered; and a service that confirms nothing newer than
    // before must not make a busy loop.
    this.reschedule(kept, Math.max(kept.renewAt, kept.attempt === undefined ? soonest(kept, this.now) : renewAt));
  }

  private lose(kept: Kept, reason: LostReason, cause: unknown): void {
    this.remove(kept);
    kept.lost(reason, cause);
  }

  // -------------------------------------------------------------------------------------------- the times

  /** An answer that comes after the deadline changes nothing: the loss is told instead. */
  private isOver(kept: Kept): boolean {
    this.hear(kept);
    return this.hasRunOut(kept);
  }

  private hasRunOut(kept: Kept): boolean {
    if (kept.position < 0) return true;
    this.now = this.runtime.clock.elapsed();
    if (!kept.hasExpired(this.now)) return false;
    this.expire(kept);
    return true;
  }

  private reschedule(kept: Kept, renewAt: number): void {
    kept.renewAt = Math.max(renewAt, this.demands.notBefore(kept));
    this.heap.update(kept);
    this.changed();
  }
}

/** When that was sent which its deadline counts from. */
function momentOf(bounds: Bounds, { safetyFactor }: Kept): number {
  return Math.floor(firstToEnd(bounds, safetyFactor).sentAt);
}
