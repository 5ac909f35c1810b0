import type { Subscription } from 'rxjs';
import { systemClock } from '../../values/system-clock.js';
import type { AcquireRequest, AcquireSignal, Grant, LockBackend } from '../../contract/backend.js';
import { check, describeError, fail } from './check.js';
import { wrongBounds, wrongToken } from './what-is-wrong.js';
import type { Workplace } from './workplace.js';

/** What is asked for in an attempt. */
export type Ask = Partial<Pick<AcquireRequest, 'ttl' | 'wait' | 'mode' | 'limit' | 'permits' | 'metadata' | 'holder'>>;

/** A signal that says yes. */
export type Granted = Extract<AcquireSignal, { readonly type: 'granted' }>;

/** Who makes attempts, as they know him. */
export interface Attempting {
  readonly bench: Workplace;
  readonly backend: LockBackend;
  readonly holder: string;
  /** Everything that was granted to him. */
  readonly grants: Set<Grant>;
  /** A grant that came too late is his to give back. */
  stray(grant: Grant): void;
}

/** One attempt on a raw backend. It checks what every attempt of every backend must keep to. */
export class RawAttempt {
  readonly signals: AcquireSignal[] = [];
  readonly strays: Grant[] = [];
  /** When each signal came, on the suite's clock. */
  readonly times: number[] = [];
  error: unknown = undefined;
  failed = false;
  completed = false;
  private readonly subscription: Subscription;

  constructor(
    private readonly client: Attempting,
    readonly name: string,
    ask: Ask,
  ) {
    const { bench } = client;
    const request: AcquireRequest = {
      name,
      ttl: ask.ttl ?? bench.long,
      wait: ask.wait ?? false,
      mode: ask.mode,
      limit: ask.limit,
      permits: ask.permits,
      metadata: ask.metadata,
      holder: ask.holder ?? client.holder,
      stray: (grant) => {
        this.strays.push(grant);
        client.stray(grant);
      },
    };
    this.subscription = client.backend.acquire(request).subscribe({
      next: (signal) => {
        this.receive(signal);
      },
      error: (error: unknown) => {
        this.error = error;
        this.failed = true;
      },
      complete: () => {
        this.completed = true;
      },
    });
  }

  get granted(): Granted | undefined {
    return this.signals.find((signal) => signal.type === 'granted');
  }

  get queued(): boolean {
    return this.signals.some(({ type }) => type === 'queued');
  }

  /** Has it come to an end, one way or another? */
  get settled(): boolean {
    return this.completed || this.failed || this.signals.some(({ type }) => type !== 'queued');
  }

  leave(): void {
    this.subscription.unsubscribe();
  }

  /** Waits for the end of it. */
  async end(): Promise<this> {
    await this.client.bench.until(() => this.settled, `an attempt on '${this.name}' was not answered`);
    return this;
  }

  /** Waits for the grant. */
  async grant(): Promise<Granted> {
    await this.end();
    const { granted } = this;
    if (granted === undefined) fail(`expected a grant of '${this.name}', got ${this.outcome}`);
    return granted;
  }

  /** Waits for a refusal, and fails if it was granted. */
  async refusal(): Promise<void> {
    await this.end();
    check(this.granted === undefined, `'${this.name}' was granted although it was held`);
    check(!this.failed, `expected a refusal of '${this.name}', got ${this.outcome}`);
  }

  get outcome(): string {
    if (this.failed) return describeError(this.error);
    return this.signals.at(-1)?.type ?? 'no signal at all';
  }

  private receive(signal: AcquireSignal): void {
    const { bench } = this.client;
    const now = systemClock().elapsed();
    if (this.settled) bench.violation(`'${signal.type}' came after the attempt on '${this.name}' had ended`);
    this.signals.push(signal);
    this.times.push(now);
    if (signal.type !== 'granted') return;
    const { grant, bounds } = signal;
    this.client.grants.add(grant);
    if (grant.name !== this.name) bench.violation(`'${grant.name}' was granted for '${this.name}'`);
    for (const wrong of wrongBounds(bounds, now)) bench.violation(`of a grant: ${wrong}`);
    for (const wrong of wrongToken(grant, this.client.backend.features.fencing)) bench.violation(wrong);
  }
}
