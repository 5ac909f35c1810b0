import type { Observer, Subscription } from 'rxjs';
import { asked } from '../values/asked.js';
import { LockNetworkError } from '../contract/errors.js';
import type { Kept } from './kept.js';
import type { Bounds, LockBackend, Renewal } from '../contract/backend.js';

/** Whom the answers are for. */
export interface RenewalSink {
  confirmed(kept: Kept, bounds: Bounds): void;
  refused(kept: Kept, cause: unknown): void;
  /** @param newest A newer attempt may still succeed if this is not the newest. */
  failed(kept: Kept, cause: unknown, newest: boolean): void;
}

/** One request for the renewal of several leases. It stays open for late answers until none of them is kept any more. */
export class RenewalBatch implements Observer<Renewal> {
  private subscription: Subscription | undefined;
  private open: number;

  constructor(
    private readonly keeper: RenewalSink,
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

/** No answer to its attempts counts any more. */
export function forget(kept: Kept): void {
  kept.attempt?.leave();
  kept.attempt = undefined;
  if (kept.earlier !== undefined) for (const batch of kept.earlier) batch.leave();
  kept.earlier = undefined;
}
