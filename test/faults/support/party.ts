import { interval, map, type Subscription } from 'rxjs';
import {
  usingLock,
  type Duration,
  type Lease,
  type LockEvent,
  type LockOptions,
  type Locks,
} from '../../../src/index.js';
import { until } from '../../support/poll.js';
import type { History, Told } from './history.js';

/** How often work under a lock shows that it goes on. Milliseconds. */
const BEAT = 10;

/** One subscription to a lock, and all that it said. */
export class Followed<T extends bigint | undefined = bigint> {
  readonly events: LockEvent<T>[] = [];
  error: unknown;
  private readonly subscription: Subscription;

  constructor(locks: Locks<T>, name: string, ttl: Duration, options: LockOptions, told?: () => void) {
    this.subscription = locks.lock$(name, ttl, options).subscribe({
      next: (event) => {
        this.events.push(event);
        told?.();
      },
      error: (error: unknown) => {
        this.error = error;
      },
    });
  }

  get lease(): Lease<T> | undefined {
    return this.events.flatMap((event) => (event.type === 'acquired' ? [event.lease] : [])).at(-1);
  }

  count(type: LockEvent['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }

  /** Resolves when it has been told something so often. */
  async told(type: LockEvent['type'], times = 1): Promise<this> {
    await until(() => this.count(type) >= times, `${type} (${String(times)})`, PATIENCE);
    return this;
  }

  leave(): void {
    this.subscription.unsubscribe();
  }
}

/** How long a row waits for what must come; it decides nothing. Milliseconds. */
export const PATIENCE = 45_000;

/** One client of the service: its locks, and what it was told. */
export class Party<T extends bigint | undefined = bigint> {
  /** Why its locks were lost. */
  readonly reasons: string[] = [];

  constructor(
    readonly who: string,
    readonly locks: Locks<T>,
    private readonly history: History,
  ) {
    history.record(who, locks);
    locks.events$.subscribe((event) => {
      if (event.type === 'lost') this.reasons.push(event.reason);
    });
  }

  /** Contends, and does nothing with the lock. */
  follow(name: string, ttl: Duration, options: LockOptions = {}, told?: () => void): Followed<T> {
    return new Followed(this.locks, name, ttl, options, told);
  }

  /** Contends, and works under the lock: each value that passes the gate is taken down. */
  work(name: string, ttl: Duration, options: LockOptions = {}): Subscription {
    const { who, history } = this;
    // Stamped before the gate looks at it: whoever is interrupted right behind the gate has let it pass before.
    const values = interval(BEAT).pipe(map(() => Date.now()));
    return usingLock(this.locks.lock$(name, ttl, options), () => values).subscribe({
      next: (at) => {
        history.all.push({ who, type: 'value', at, told: at });
      },
      error: () => undefined,
    });
  }

  count(type: Told['type']): number {
    return this.history.of(this.who, type).length;
  }

  /** Resolves when it has been told something so often. */
  async told(type: Told['type'], times = 1): Promise<void> {
    await until(() => this.count(type) >= times, `${type} (${String(times)}) of the ${this.who}`, PATIENCE);
  }
}
