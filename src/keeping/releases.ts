import { Subscription, type Observer } from 'rxjs';
import { asked } from '../values/asked.js';
import { demanded } from '../values/demanded.js';
import { LockError } from '../contract/errors.js';
import type { Grant, LockBackend, Released } from '../contract/backend.js';
import type { Runtime } from '../contract/time.js';

/** How long a release is tried; the lock runs out by itself afterwards. */
const BOUND = 10_000;
/** The first pause after a release that got no answer, doubled each time. */
const PAUSE = 100;

/** A grant on its way back. */
export interface Departure {
  readonly name: string;
  readonly grant: Grant;
  /** Milliseconds that the lock must stay taken. */
  readonly keepFor: number;
  /** The answer did not come at once. */
  slow?(): void;
  /** The service's answer, or `unknown` once it was tried for long enough. */
  answered(outcome: Released['outcome'], cause: unknown): void;
}

/**
 * Gives grants back: all of a turn in one batch, once everything downstream of their streams has stopped.
 *
 * The turn's end is needed because RxJS unsubscribes a lock's stream before the inner streams of `switchMap` and its
 * kin: a release within the same call would be sent while the work is still running.
 */
export class Releases {
  /** Of this turn, by name. Several of one name are rare. */
  private waiting = new Map<string, Departure | Departure[]>();
  private readonly retries = new Subscription();
  private open = 0;

  constructor(
    private readonly runtime: Runtime,
    private readonly backend: Pick<LockBackend, 'release'>,
    private readonly turn: () => void,
    private readonly idle: () => void,
  ) {}

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
    this.waiting.clear();
    this.send(batch);
  }

  /** Tries nothing again any more. */
  stop(): void {
    this.retries.unsubscribe();
  }

  /** @param since When it was tried first; absent if that is now. */
  private send(batch: readonly Departure[], since?: number, tries = 0): void {
    new Delivery(this, batch, this.runtime, since, tries).send(this.backend);
  }

  /** @internal */
  settle(departure: Departure, outcome: Released['outcome'], cause: unknown): void {
    this.open--;
    departure.answered(outcome, cause);
    if (this.open === 0) this.idle();
  }

  /** @internal Tries those again that got no answer, while there is time. */
  retry(unknown: readonly Departure[], causes: readonly unknown[], since: number, tries: number): void {
    // No spread: a stack has no room for the arguments of a huge batch.
    const pause = causes.reduce<number>(
      // What errors of other packages call so may be a date, and this would be the end of the attempts.
      (longest, cause) => (cause instanceof LockError ? Math.max(longest, demanded(cause)) : longest),
      PAUSE * 2 ** tries,
    );
    if (this.runtime.clock.elapsed() + pause - since > BOUND) {
      unknown.forEach((departure, i) => {
        this.settle(departure, 'unknown', causes[i]);
      });
      return;
    }
    for (const departure of unknown) departure.slow?.();
    const again = this.runtime.scheduler.schedule(() => {
      this.retries.remove(again);
      this.send(unknown, since, tries + 1);
    }, pause);
    this.retries.add(again);
  }
}

/** One request, over once every member is answered, or the service has stopped answering. */
class Delivery implements Observer<Released> {
  private readonly members: (Departure | undefined)[];
  private readonly unknown: Departure[] = [];
  private readonly causes: unknown[] = [];

  constructor(
    private readonly releases: Releases,
    batch: readonly Departure[],
    private readonly runtime: Runtime,
    /** Looked up for those that are not answered at once. */
    private since: number | undefined,
    private readonly tries: number,
  ) {
    this.members = batch.slice();
  }

  send(backend: Pick<LockBackend, 'release'>): void {
    const members = this.members as Departure[];
    const grants = members.map((one) => one.grant);
    const keepFor = members.map((one) => one.keepFor);
    const subscription = asked(() => backend.release(grants, keepFor)).subscribe(this);
    if (subscription.closed) return;
    for (const departure of this.members) departure?.slow?.();
    // A service that never answers must not hold up `close()` for ever.
    const giveUp = (): void => {
      subscription.unsubscribe();
      this.complete();
    };
    const { clock, scheduler } = this.runtime;
    const now = clock.elapsed();
    this.since ??= now;
    subscription.add(scheduler.schedule(giveUp, Math.max(0, this.since + BOUND - now)));
  }

  next({ index, outcome, cause }: Released): void {
    const departure = this.members[index];
    if (departure === undefined) return;
    this.members[index] = undefined;
    if (outcome === 'unknown') {
      this.unknown.push(departure);
      this.causes.push(cause);
    } else this.releases.settle(departure, outcome, cause);
  }

  error(cause: unknown): void {
    for (let index = 0; index < this.members.length; index++) this.next({ index, outcome: 'unknown', cause });
    if (this.unknown.length === 0) return;
    const since = this.since ?? this.runtime.clock.elapsed();
    this.releases.retry(this.unknown, this.causes, since, this.tries);
  }

  complete(): void {
    this.error(undefined);
  }
}
