import { VirtualTimeScheduler, type Observable, type Subscription } from 'rxjs';
import { memory, type MemoryOptions } from '../../../../src/backends/memory/memory.js';
import type { MemoryFeatures } from '../../../../src/backends/memory/memory-backend.js';
import { schedulerClock } from '../../../../src/values/scheduler-clock.js';
import type { AcquireRequest, AcquireSignal, Grant, LockBackend } from '../../../../src/contract/backend.js';
import type { Runtime } from '../../../../src/contract/time.js';

export type Memory = Required<LockBackend<MemoryFeatures>>;

export function runtimeOn(scheduler: VirtualTimeScheduler): Runtime {
  return { clock: schedulerClock(scheduler), scheduler, random: () => 0.5 };
}

/** An open backend in virtual time. */
export class Stage {
  readonly scheduler = new VirtualTimeScheduler();
  readonly runtime = runtimeOn(this.scheduler);
  readonly backend: Memory;

  constructor(options?: MemoryOptions) {
    this.backend = memory(options) as Memory;
    this.backend.open(this.runtime);
  }

  /** Until then everything that is due happens. */
  runUntil(at: number): void {
    this.scheduler.maxFrames = at;
    this.scheduler.flush();
    this.scheduler.frame = at;
  }

  /** How many timers are armed. */
  get timers(): number {
    return this.scheduler.actions.length;
  }

  ask(name: string, more: Partial<AcquireRequest> = {}): Attempt {
    return new Attempt(this.backend, { name, ttl: 1000, wait: true, holder: 'me', ...more });
  }

  /** Asks for what is free. */
  grab(name: string, more: Partial<AcquireRequest> = {}): Grant {
    return this.ask(name, more).grant;
  }

  release(grant: Grant, keepFor = 0): string {
    return valueOf(this.backend.release([grant], [keepFor])).outcome;
  }

  renew(grant: Grant, ttl = 1000): string {
    return valueOf(this.backend.renew([grant], [ttl])).outcome;
  }

  status(name: string): string {
    const { status, holder, waiters } = valueOf(this.backend.status(name));
    return `${status} ${holder ?? '-'} ${String(waiters)}`;
  }
}

/** A subscription to `acquire`, and what came of it. */
export class Attempt {
  readonly signals: AcquireSignal[] = [];
  readonly strays: Grant[] = [];
  error: unknown;
  completed = false;
  readonly subscription: Subscription;

  constructor(backend: LockBackend, request: Omit<AcquireRequest, 'stray'>) {
    this.subscription = backend.acquire({ ...request, stray: (grant) => this.strays.push(grant) }).subscribe({
      next: (signal) => this.signals.push(signal),
      error: (error: unknown) => (this.error = error),
      complete: () => (this.completed = true),
    });
  }

  get types(): string[] {
    return this.signals.map(({ type }) => type);
  }

  get last(): AcquireSignal {
    return this.signals.at(-1)!;
  }

  get grant(): Grant {
    if (this.last?.type !== 'granted') throw new Error(`not granted: ${this.types.join()}`);
    return this.last.grant;
  }
}

/** What is emitted at once. */
export function valueOf<T>(source$: Observable<T>): T {
  const values: T[] = [];
  let failure: { error: unknown } | undefined;
  source$
    .subscribe({ next: (value) => values.push(value), error: (error: unknown) => (failure = { error }) })
    .unsubscribe();
  if (failure !== undefined) throw failure.error;
  if (values.length !== 1) throw new Error(`${values.length} values`);
  return values[0]!;
}

/** Many who wait for a lock and watch it. */
export class Crowd {
  /** How often anybody was told anything. */
  told = 0;
  private readonly subscriptions: Subscription[] = [];

  constructor(stage: Stage, n: number) {
    const next = (): void => {
      this.told++;
    };
    const error = next;
    for (let i = 0; i < n; i++) {
      const request = { name: 'x', ttl: 60_000, wait: true, holder: String(i), stray: () => {} };
      this.subscriptions.push(
        stage.backend.watch('x').subscribe({ next, error }),
        stage.backend.acquire(request).subscribe({ next, error }),
      );
    }
  }

  leave(): void {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
  }
}
