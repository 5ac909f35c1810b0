import type { Observer, Subscription } from 'rxjs';
import type { Grant, LockBackend, Released } from '../contract/backend.js';
import { asked } from '../values/asked.js';
import type { BagItem } from '../values/bag.js';
import { traced$ } from '../values/trace.js';
import { traceChannels } from '../values/trace-channels.js';
import type { Timeout, Timeouts } from '../values/timeouts.js';

/** How long a release is tried at most, in milliseconds. */
const BOUND = 10_000;

/** A grant on its way back. */
export interface Departure {
  readonly name: string;
  readonly grant: Grant;
  /** What the lock was asked for, in milliseconds: after that it has run out by itself. */
  readonly ttl: number;
  /** Milliseconds that the lock must stay taken. */
  readonly keepFor: number;
  /** The answer did not come at once. @param now On `clock.elapsed`. */
  slow?(now: number): void;
  /** The service's answer, or `unknown` once it was tried for long enough. */
  answered(outcome: Released['outcome'], cause: unknown): void;
}

/** Since when its members were tried in vain, on `clock.elapsed`, and how often. */
export interface Tried {
  readonly since: number;
  readonly times: number;
}

/** What a batch has come to. */
export interface ReleaseOutcome {
  settle(departure: Departure, outcome: Released['outcome'], cause: unknown): void;
  /** It is over. Those that got no answer, if any, with the causes. */
  over(batch: ReleaseBatch, unknown: Departure[] | undefined, causes: readonly unknown[] | undefined): void;
}

/** One request, over once every member is answered, or the service has stopped answering. */
export class ReleaseBatch implements Observer<Released>, Timeout, BagItem {
  spot = -1;
  due = 0;
  position = -1;
  private open: number;
  /** Those that got no answer, and why. There are few. */
  private unknown: Departure[] | undefined;
  private causes: unknown[] | undefined;
  private isOver = false;
  private request: Subscription | undefined;
  private timeouts: Timeouts | undefined;

  /**
   * @param members Its own: those that are answered are taken out of it.
   * @param tried Looked up for those that are not answered at once, if this is the first time.
   */
  constructor(
    private readonly members: (Departure | undefined)[],
    public tried: Tried | undefined,
    private readonly outcome: ReleaseOutcome,
  ) {
    this.open = members.length;
  }

  /**
   * @param timeouts Whose ends it: a service that never answers must not hold up `close()` for ever.
   * @returns Is it over already? Else the members were told that it takes its time.
   */
  send(backend: Pick<LockBackend, 'release'>, timeouts: Timeouts): boolean {
    const members = this.members as Departure[];
    const grants = members.map((one) => one.grant);
    const keepFor = members.map((one) => one.keepFor);
    const answers$ = asked(() => backend.release(grants, keepFor));
    const request = traced$(traceChannels().release, grants, answers$).subscribe(this);
    if (this.isOver) request.unsubscribe();
    else {
      this.request = request;
      const now = timeouts.now();
      for (const departure of this.members) departure?.slow?.(now);
      this.tried ??= { since: now, times: 0 };
      this.timeouts = timeouts;
      timeouts.set(this, this.tried.since + boundOf(this.members));
    }
    return this.isOver;
  }

  /** It has taken too long. */
  ring(): void {
    this.complete();
    this.request?.unsubscribe();
  }

  next(released: Released | null | undefined): void {
    // What is no answer is nobody's. A backend may be anybody's.
    if (released === null || released === undefined) return;
    const { index, outcome, cause } = released;
    const departure = this.members[index];
    if (departure === undefined) return;
    this.members[index] = undefined;
    this.open--;
    if (outcome === 'released' || outcome === 'gone') this.outcome.settle(departure, outcome, cause);
    else {
      (this.unknown ??= []).push(departure);
      (this.causes ??= []).push(cause);
    }
    // Whether the service says that it was all, or forgets to.
    if (this.open === 0) this.end();
  }

  error(cause: unknown): void {
    this.timeouts?.clear(this);
    if (this.isOver) return;
    for (let index = 0; index < this.members.length; index++) this.next({ index, outcome: 'unknown', cause });
  }

  complete(): void {
    this.error(undefined);
  }

  /** Nobody waits for the answers any more. The request goes on, within its limit. */
  leave(): void {
    this.isOver = true;
    for (const departure of [...this.members, ...(this.unknown ?? [])]) {
      if (departure !== undefined) this.outcome.settle(departure, 'unknown', undefined);
    }
    this.members.fill(undefined);
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timeouts?.clear(this);
    this.request?.unsubscribe();
    this.outcome.over(this, this.unknown, this.causes);
  }
}

/** How long the release of these is tried, in milliseconds: what has run out by itself need not be given back. */
export function boundOf(departures: readonly (Departure | undefined)[]): number {
  let longest = 0;
  for (const departure of departures) longest = Math.max(longest, departure?.ttl ?? 0);
  return Math.min(longest, BOUND);
}
