import { randomUUID } from 'node:crypto';
import { asyncScheduler, firstValueFrom, lastValueFrom, toArray, type Subscription } from 'rxjs';
import { systemClock } from '../../src/values/system-clock.js';
import type { OctoStoreFeatures, OctoStoreOptions } from '../../src/backends/octostore/index.js';
import { octostore } from '../../src/backends/octostore/index.js';
import type {
  AcquireRequest,
  AcquireSignal,
  Grant,
  LockBackend,
  Released,
  Renewal,
  Revocation,
} from '../../src/contract/backend.js';
import type { Clock } from '../../src/contract/time.js';
import { until } from './poll.js';

export type Granted = Extract<AcquireSignal, { readonly type: 'granted' }>;

/** The system's clock, which a test may put forward. */
export class ShiftedClock implements Clock {
  private shift = 0;

  advance(milliseconds: number): void {
    this.shift += milliseconds;
  }

  elapsed(): number {
    return systemClock().elapsed() + this.shift;
  }

  date(): number {
    return systemClock().date();
  }

  monotonic(): number {
    return systemClock().monotonic();
  }
}

/** One attempt, and all that it said. */
export class Attempt {
  readonly signals: AcquireSignal[] = [];
  readonly strays: Grant[] = [];
  error: unknown;
  completed = false;
  private readonly subscription: Subscription;

  constructor(backend: LockBackend, request: Omit<AcquireRequest, 'stray' | 'holder'>) {
    const stray = (grant: Grant): void => {
      this.strays.push(grant);
    };
    this.subscription = backend.acquire({ ...request, holder: 'me', stray }).subscribe({
      next: (signal) => this.signals.push(signal),
      error: (error: unknown) => {
        this.error = error;
      },
      complete: () => {
        this.completed = true;
      },
    });
  }

  leave(): void {
    this.subscription.unsubscribe();
  }

  get types(): readonly string[] {
    return this.signals.map(({ type }) => type);
  }

  get last(): AcquireSignal | undefined {
    return this.signals.at(-1);
  }

  /** Once it has ended, one way or another. */
  async over(): Promise<this> {
    await until(() => this.completed || this.error !== undefined, 'the end of the attempt');
    return this;
  }

  async granted(): Promise<Granted> {
    await this.over();
    if (this.last?.type !== 'granted') throw this.error ?? new Error(`it was not granted: ${this.types.join(', ')}`);
    return this.last;
  }
}

/** A backend of its own, used through its contract, as the core does. */
export class Client {
  readonly clock = new ShiftedClock();
  readonly revocations: Revocation[] = [];
  readonly backend: LockBackend<OctoStoreFeatures>;

  constructor(options: OctoStoreOptions, make = octostore) {
    this.backend = make(options);
    this.backend.open?.({ clock: this.clock, scheduler: asyncScheduler, random: () => 0.5 });
    this.backend.revoked$?.subscribe((revocation) => this.revocations.push(revocation));
  }

  ask(name: string, options: Partial<Pick<AcquireRequest, 'ttl' | 'wait' | 'metadata' | 'limit'>> = {}): Attempt {
    return new Attempt(this.backend, { name, ttl: 30_000, wait: true, ...options });
  }

  acquire(name: string, options: Partial<Pick<AcquireRequest, 'ttl' | 'wait' | 'metadata'>> = {}): Promise<Granted> {
    return this.ask(name, options).granted();
  }

  async release(...grants: readonly Grant[]): Promise<readonly Released['outcome'][]> {
    const released = await lastValueFrom(
      this.backend
        .release(
          grants,
          grants.map(() => 0),
        )
        .pipe(toArray()),
    );
    return released.sort((a, b) => a.index - b.index).map(({ outcome }) => outcome);
  }

  async renew(grants: readonly Grant[], ttl = 30_000): Promise<readonly Renewal[]> {
    const renewals = await lastValueFrom(
      this.backend
        .renew(
          grants,
          grants.map(() => ttl),
        )
        .pipe(toArray()),
    );
    return renewals.sort((a, b) => a.index - b.index);
  }

  async isHeld(name: string): Promise<boolean> {
    return (await firstValueFrom(this.backend.status(name))).status === 'held';
  }
}

/** A name that no other test uses. */
export function anyName(prefix = 'test'): string {
  return `${prefix}/${randomUUID()}`;
}
