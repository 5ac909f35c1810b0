import type { Subscription } from 'rxjs';
import type { LockBackend, Released } from '../contract/backend.js';
import { LockError } from '../contract/errors.js';
import type { Runtime } from '../contract/time.js';
import { Bag } from '../values/bag.js';
import { demanded } from '../values/demanded.js';
import { restOf } from '../values/rest-of.js';
import { schedulerTimer } from '../values/scheduler-timer.js';
import { Timeouts } from '../values/timeouts.js';
import { boundOf, ReleaseBatch, type Departure, type ReleaseOutcome, type Tried } from './release-batch.js';

/** The first pause after a release that got no answer, doubled each time. */
const PAUSE = 100;

/**
 * Gives grants back: all of a turn in one batch, once everything downstream of their streams has stopped.
 *
 * The turn's end is needed because RxJS unsubscribes a lock's stream before the inner streams of `switchMap` and its
 * kin: a release within the same call would be sent while the work is still running.
 */
export class Releases implements ReleaseOutcome {
  /** Of this turn, by name. Several of one name are rare. */
  private waiting = new Map<string, Departure | Departure[]>();
  /** Those that were not answered at once. */
  private readonly unanswered = new Bag<ReleaseBatch>();
  /** Those that are to be sent again. */
  private readonly pausing = new Map<Subscription, Departure[]>();
  private open = 0;
  /** Of the releases, and of those who wait for them: hardly any rings. */
  readonly timeouts: Timeouts;

  constructor(
    private readonly runtime: Runtime,
    private readonly backend: Pick<LockBackend, 'release'>,
    private readonly turn: () => void,
    private readonly idle: () => void,
  ) {
    const { clock, scheduler } = runtime;
    this.timeouts = new Timeouts(() => clock.elapsed(), schedulerTimer(scheduler), restOf(scheduler));
  }

  /** How many have not been answered. */
  get size(): number {
    return this.open;
  }

  /** Sends it at the end of the turn. */
  push(departure: Departure): void {
    this.open++;
    const others = this.waiting.get(departure.name);
    if (others === undefined) this.waiting.set(departure.name, departure);
    else if (Array.isArray(others)) others.push(departure);
    else this.waiting.set(departure.name, [others, departure]);
    this.turn();
  }

  /** Sends it now, if it waits: the same name is asked for again. */
  hasten(name: string): void {
    if (this.waiting.size === 0) return;
    const found = this.waiting.get(name);
    if (found === undefined) return;
    this.waiting.delete(name);
    this.send(Array.isArray(found) ? found : [found]);
  }

  /** The turn is over. */
  flush(): void {
    if (this.waiting.size === 0) return;
    const batch: Departure[] = [];
    for (const found of this.waiting.values()) {
      if (Array.isArray(found)) for (const departure of found) batch.push(departure);
      else batch.push(found);
    }
    // Not cleared: once a full garbage collection has made it old, each emptied table would keep the next one alive.
    this.waiting = new Map();
    this.send(batch);
  }

  /** Tries nothing again any more. What the service has not answered is `unknown`. */
  stop(): void {
    for (const batch of this.unanswered.toArray()) {
      this.unanswered.delete(batch);
      batch.leave();
    }
    for (const [timer, departures] of [...this.pausing]) {
      timer.unsubscribe();
      for (const departure of departures) this.settle(departure, 'unknown', undefined);
    }
    this.pausing.clear();
  }

  settle(departure: Departure, outcome: Released['outcome'], cause: unknown): void {
    this.open--;
    departure.answered(outcome, cause);
    if (this.open === 0) this.idle();
  }

  /** Tries those again that got no answer, while there is time. */
  over(batch: ReleaseBatch, unknown: Departure[] | undefined, causes: readonly unknown[] = []): void {
    this.unanswered.delete(batch);
    if (unknown === undefined) return;
    const { clock, scheduler } = this.runtime;
    const now = clock.elapsed();
    const { since, times } = batch.tried ?? { since: now, times: 0 };
    // No spread: a stack has no room for the arguments of a huge batch.
    const pause = causes.reduce<number>(
      // What errors of other packages call so may be a date, and this would be the end of the attempts.
      (longest, cause) => (cause instanceof LockError ? Math.max(longest, demanded(cause)) : longest),
      PAUSE * 2 ** times,
    );
    if (now + pause - since > boundOf(unknown)) {
      unknown.forEach((departure, i) => {
        this.settle(departure, 'unknown', causes[i]);
      });
      return;
    }
    for (const departure of unknown) departure.slow?.(now);
    const timer = scheduler.schedule(() => {
      this.pausing.delete(timer);
      this.send(unknown, { since, times: times + 1 });
    }, pause);
    this.pausing.set(timer, unknown);
  }

  /** @param tried Absent the first time. */
  private send(departures: Departure[], tried?: Tried): void {
    const batch = new ReleaseBatch(departures, tried, this);
    if (!batch.send(this.backend, this.timeouts)) this.unanswered.add(batch);
  }
}
