import { firstValueFrom, from, interval, map, race, skip, Subscription, timer, type Observable } from 'rxjs';
import { systemClock } from '../../values/system-clock.js';
import { parseDuration } from '../../values/duration.js';
import type { LockBackend } from '../../contract/backend.js';
import { check, ConformanceError, describeError, fail } from './check.js';
import { BenchClient } from './bench-client.js';
import type { ConformanceService } from './service.js';
import type { Workplace } from './workplace.js';

/** How often a condition is looked at. */
const PERIOD = 5;
/** A bound is over after so many ticks, not after their time: a machine that stood still has waited for one tick only. */
const TICKS = 20;
/** What a service may take for anything that it does at once. */
const PATIENCE = 5000;
/** A ttl that does not run out in any case. */
const LONG = 30_000;

let names = 0;

/** A stream that is listened to. */
export interface Followed<T> {
  readonly values: readonly T[];
  readonly errors: readonly unknown[];
  readonly completed: boolean;
  unsubscribe(): void;
}

/** Where a case takes place: clients of one service, names that nobody else uses, and bounded waiting. */
export class Bench implements Workplace {
  readonly long: number;
  /** Milliseconds: the shortest that the service can do. */
  readonly short: number;
  /** Milliseconds. */
  readonly patience: number;
  readonly closedBackends = new Set<LockBackend>();
  private readonly clients: BenchClient[] = [];
  private readonly violations: string[] = [];
  private readonly tasks: Promise<unknown>[] = [];
  private readonly following = new Subscription();
  private readonly prefix = `conformance-${systemClock().date().toString(36)}-${Math.floor(systemClock().elapsed()).toString(36)}`;

  constructor(readonly service: ConformanceService) {
    // Made to be looked at: the first client gets it.
    this.spare = service.create();
    const { min = 1000, max = 3_600_000, step = 1 } = this.spare.ttl ?? {};
    this.short = service.minTtl === undefined ? min : parseDuration(service.minTtl, 'minTtl');
    this.long = Math.max(this.short, Math.min(max, Math.ceil(LONG / step) * step));
    this.patience = PATIENCE * (service.timeScale ?? 1);
  }

  private spare: LockBackend | undefined;

  client(): BenchClient {
    const backend = this.spare ?? this.service.create();
    this.spare = undefined;
    return this.clientOf(backend);
  }

  clientOf(backend: LockBackend): BenchClient {
    const client = new BenchClient(this, backend, `client-${String(this.clients.length + 1)}`);
    this.clients.push(client);
    return client;
  }

  /** A name that was never used before. */
  name(): string {
    return `${this.prefix}-${String(++names)}`;
  }

  now(): number {
    return systemClock().elapsed();
  }

  /** @returns Tells whether this machine has stood still since, for more than the given milliseconds. */
  watchForStalls(limit: number): () => boolean {
    let last = this.now();
    let longest = 0;
    const look = (): void => {
      const now = this.now();
      longest = Math.max(longest, now - last);
      last = now;
    };
    this.following.add(interval(PERIOD).subscribe(look));
    return () => {
      look();
      return longest > limit;
    };
  }

  async pause(milliseconds: number): Promise<void> {
    await firstValueFrom(timer(milliseconds));
  }

  async until(
    condition: () => boolean | Promise<boolean>,
    complaint: string,
    patience: number = this.patience,
  ): Promise<void> {
    const end = this.now() + patience;
    for (let looks = 0; !(await condition()); looks++) {
      if (this.now() > end && looks >= TICKS) fail(`${complaint} (within ${String(patience)} ms)`);
      await this.pause(PERIOD);
    }
  }

  async within<T>(promise: Promise<T>, complaint: string, patience: number = this.patience): Promise<T> {
    return this.collect(from(promise), complaint, patience);
  }

  async collect<T>(
    values$: Observable<T>,
    complaint: string | (() => string),
    patience: number = this.patience,
  ): Promise<T> {
    const late$ = interval(patience / TICKS).pipe(
      skip(TICKS - 1),
      map(() => {
        const text = typeof complaint === 'string' ? complaint : complaint();
        throw new ConformanceError(`${text} (within ${String(patience)} ms)`);
      }),
    );
    return firstValueFrom(race(values$, late$));
  }

  /** Listens to a stream until the case ends, and keeps what it says. Its failure is no failure of the case. */
  follow<T>(values$: Observable<T>): Followed<T> {
    const values: T[] = [];
    const errors: unknown[] = [];
    let completed = false;
    const subscription = values$.subscribe({
      next: (value) => values.push(value),
      error: (error: unknown) => errors.push(error),
      complete: () => (completed = true),
    });
    this.following.add(subscription);
    return {
      values,
      errors,
      get completed() {
        return completed;
      },
      unsubscribe: () => {
        subscription.unsubscribe();
      },
    };
  }

  violation(message: string): void {
    this.violations.push(message);
  }

  background(task: Promise<unknown>): void {
    this.tasks.push(
      task.catch((error: unknown) => {
        this.violation(`giving back a late grant failed: ${describeError(error)}`);
      }),
    );
  }

  /** Fails if anything was seen that no answer may do. */
  checkViolations(): void {
    check(this.violations.length === 0, this.violations.join('; '));
  }

  /** Closes all clients; the service stays. */
  async closeClients(): Promise<void> {
    this.following.unsubscribe();
    await this.within(Promise.all(this.tasks), 'late grants were not given back');
    for (const client of this.clients.splice(0)) await client.close();
    await this.spare?.close();
    this.spare = undefined;
  }

  async close(): Promise<void> {
    try {
      await this.closeClients();
    } finally {
      await this.service.dispose?.();
    }
  }
}
