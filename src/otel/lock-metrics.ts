import type { Attributes, Counter, Histogram, Meter, UpDownCounter } from '@opentelemetry/api';
import { isEnd, type LeaseEnd } from '../contract/lease-end.js';
import type { Lease, LocksEvent } from '../contract/lease.js';
import { codeOf } from './code-of.js';

/** Bounds of the histograms' buckets, in seconds: from a hand-off within a process to a job of an hour. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600];

/** A wait that is under way. */
interface Wait {
  readonly attributes: Attributes;
  readonly since: number;
  isContended: boolean;
}

/** Counts and times what a `Locks` does. */
export class LockMetrics {
  private readonly acquireDuration: Histogram;
  private readonly holdDuration: Histogram;
  private readonly waiting: UpDownCounter;
  private readonly held: UpDownCounter;
  private readonly lost: Counter;
  private readonly contended: Counter;
  private readonly uncertain: Counter;
  private readonly waits = new Map<number, Wait>();
  private readonly holds = new Map<Lease<unknown>, Attributes>();

  constructor(
    meter: Meter,
    private readonly label: (name: string) => string | undefined,
  ) {
    const seconds = { unit: 's', advice: { explicitBucketBoundaries: BUCKETS } };
    this.acquireDuration = meter.createHistogram('rxlock.acquire.duration', {
      ...seconds,
      description: 'From asking for a lock to the end of the wait, by its outcome',
    });
    this.holdDuration = meter.createHistogram('rxlock.hold.duration', {
      ...seconds,
      description: 'From the grant of a lock to its end, by its outcome',
    });
    this.waiting = meter.createUpDownCounter('rxlock.waiting', { description: 'Who waits for a lock now' });
    this.held = meter.createUpDownCounter('rxlock.held', { description: 'Locks that are held now' });
    this.lost = meter.createCounter('rxlock.lost', { description: 'Locks that were lost, by reason' });
    this.contended = meter.createCounter('rxlock.contended', {
      description: 'Waits for a lock that somebody else had',
    });
    this.uncertain = meter.createCounter('rxlock.uncertain', { description: 'Renewals that were not confirmed' });
  }

  record(event: LocksEvent): void {
    const { type } = event;
    if (type === 'requested') this.begin(event);
    else if (type === 'waiting') this.refused(event);
    else if (type === 'acquired') this.acquired(event);
    else if (type === 'uncertain') this.uncertain.add(1, this.of(event));
    else if (isEnd(event)) this.ended(event);
    else if (type === 'error' && event.contender !== undefined)
      this.endWait(event, { 'rxlock.outcome': 'failed', 'error.type': codeOf(event.error) });
    else if (type === 'withdrawn') this.endWait(event, { 'rxlock.outcome': 'withdrawn' });
  }

  /** Nothing is counted any more: what was counted as going on is taken back. */
  stop(): void {
    for (const { attributes } of this.waits.values()) this.waiting.add(-1, attributes);
    for (const attributes of this.holds.values()) this.held.add(-1, attributes);
    this.waits.clear();
    this.holds.clear();
  }

  private begin({ contender, name, at }: Extract<LocksEvent, { readonly type: 'requested' }>): void {
    const attributes = this.of({ name });
    this.waits.set(contender, { attributes, since: at, isContended: false });
    this.waiting.add(1, attributes);
  }

  private refused({ contender, cause }: Extract<LocksEvent, { readonly type: 'waiting' }>): void {
    const wait = this.waits.get(contender ?? NaN);
    // A service that is out of reach is no contention.
    if (wait === undefined || wait.isContended || cause !== undefined) return;
    wait.isContended = true;
    this.contended.add(1, wait.attributes);
  }

  private acquired(event: Extract<LocksEvent, { readonly type: 'acquired' }>): void {
    this.endWait(event, { 'rxlock.outcome': 'acquired' }, event.waited);
    const attributes = this.of(event);
    this.holds.set(event.lease, attributes);
    this.held.add(1, attributes);
  }

  private endWait(
    event: { readonly at: number; readonly contender?: number | undefined },
    outcome: Attributes,
    waited?: number,
  ): void {
    const { at, contender = NaN } = event;
    const wait = this.waits.get(contender);
    if (wait === undefined) return;
    this.waits.delete(contender);
    this.waiting.add(-1, wait.attributes);
    this.acquireDuration.record((waited ?? Math.max(0, at - wait.since)) / 1000, { ...wait.attributes, ...outcome });
  }

  private ended(event: Extract<LocksEvent, { readonly type: LeaseEnd }>): void {
    const attributes = this.of(event);
    if (this.holds.delete(event.lease)) this.held.add(-1, attributes);
    const reason = event.type === 'lost' ? { 'rxlock.reason': event.reason } : {};
    this.holdDuration.record(event.held / 1000, { ...attributes, 'rxlock.outcome': event.type, ...reason });
    if (event.type === 'lost') this.lost.add(1, { ...attributes, ...reason });
  }

  private of({ name }: { readonly name: string }): Attributes {
    const label = this.label(name);
    return label === undefined ? {} : { 'rxlock.lock': label };
  }
}
