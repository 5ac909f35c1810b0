import { takeUntil, type Observable } from 'rxjs';
import { adopted$ } from './adopted.js';
import { refuseUnknown } from '../values/refuse-unknown.js';
import { composite$ } from './composite.js';
import type { Core } from '../core/core.js';
import { Closing } from './closing.js';
import { LockHeldError } from '../contract/errors.js';
import { Elections } from './elections.js';
import { lock$ } from '../contending/lock.js';
import { Locks, type CloseOptions, type Work } from '../contract/locks.js';
import { resolveEither, resolveOptions, resolveSemaphore, resolveTtl, type HoldOptions } from '../core/hold-options.js';
import { firstLease } from './first-lease.js';
import { refuseOption } from './promised-options.js';
import { workUnder } from './work-under.js';
import { done, list, status } from './questions.js';
import { invalid } from '../values/invalid.js';
import { requireName } from '../values/require-name.js';
import { statuses$ } from './statuses.js';
import type {
  AcquireAllOptions,
  AcquireOptions,
  AdoptOptions,
  LeaderOptions,
  LockOptions,
  SemaphoreOptions,
  UsingAllOptions,
  UsingOptions,
} from '../contract/options.js';
import type { CompositeEvent, CompositeLease, Lease, LeaseHandle, LockEvent, LocksEvent } from '../contract/lease.js';
import type { Duration } from '../contract/time.js';
import type { Leadership, LockStatus } from '../contract/status.js';

const ADOPT_OPTIONS: ReadonlySet<string> = new Set<keyof AdoptOptions>([
  'signal',
  'until',
  'minHold',
  'maxHold',
  'renew',
  'renewRatio',
  'safetyFactor',
]);

/** Why promises have no `onLost`. */
const NEVER_AGAIN = 'a promise cannot ask again after a loss';

/** Whoever only tries takes a lock that is held for an answer. */
function nullIfHeld(error: unknown): null {
  if (error instanceof LockHeldError) return null;
  throw error;
}

/** What a `Locks` offers, on one backend. */
export class BackendLocks extends Locks {
  readonly events$: Observable<LocksEvent>;
  private readonly elections: Elections;
  /** The defaults of `acquire`, and those of `tryAcquire`. */
  private readonly patient: HoldOptions;
  private readonly impatient: HoldOptions;
  private readonly closing: Closing;

  constructor(
    private readonly core: Core,
    private readonly defaults: HoldOptions,
  ) {
    super();
    // A promise is settled once: after a loss nothing can be handed out again.
    this.patient = { ...defaults, onLost: 'complete' };
    this.impatient = { ...this.patient, wait: false };
    this.events$ = core.events.asObservable();
    this.elections = new Elections(core);
    this.closing = new Closing(core);
  }

  lock$(name: string, ttl: Duration, options?: LockOptions): Observable<LockEvent> {
    return this.stream$(name, ttl, resolveOptions(options, this.defaults));
  }

  semaphore$(name: string, limit: number, ttl: Duration, options: SemaphoreOptions = {}): Observable<LockEvent> {
    return this.stream$(name, ttl, resolveSemaphore(limit, options, this.defaults));
  }

  leader$(name: string, ttl: Duration, options?: LeaderOptions): Observable<Leadership> {
    refuseOption(options, 'wait', 'leader$ waits until you unsubscribe');
    refuseOption(options, 'onLost', 'after a loss, leader$ asks again');
    refuseOption(options, 'mode', 'leadership cannot be shared');
    const resolved = resolveOptions(options, this.defaults);
    // Made for its checks.
    this.stream$(name, ttl, resolved);
    return this.elections.leader$(name, resolveTtl(ttl, this.core.backend), resolved);
  }

  all$(names: readonly string[], ttl: Duration, options?: LockOptions): Observable<CompositeEvent> {
    return this.composed$(names, ttl, resolveOptions(options, this.defaults));
  }

  acquire(name: string, ttl: Duration, options?: AcquireOptions): Promise<Lease> {
    return firstLease(name, () => this.promised$(name, ttl, this.patient, options));
  }

  tryAcquire(name: string, ttl: Duration, options?: Omit<AcquireOptions, 'wait'>): Promise<Lease | null> {
    return firstLease(name, () => this.promised$(name, ttl, this.impatient, options)).catch(nullIfHeld);
  }

  using<R>(name: string, ttl: Duration, work: Work<Lease, R>, options?: UsingOptions): Promise<R> {
    return workUnder(name, (acquiring) => this.promised$(name, ttl, this.patient, acquiring), work, options);
  }

  tryUsing<R>(
    name: string,
    ttl: Duration,
    work: Work<Lease, R>,
    options?: Omit<UsingOptions, 'wait'>,
  ): Promise<R | null> {
    const lock$ = (acquiring?: AcquireOptions): Observable<LockEvent> =>
      this.promised$(name, ttl, this.impatient, acquiring);
    return workUnder(name, lock$, work, options, nullIfHeld);
  }

  acquireAll(names: readonly string[], ttl: Duration, options?: AcquireAllOptions): Promise<CompositeLease> {
    return firstLease(names, () => this.allPromised$(names, ttl, options));
  }

  usingAll<R>(
    names: readonly string[],
    ttl: Duration,
    work: Work<CompositeLease, R>,
    options?: UsingAllOptions,
  ): Promise<R> {
    return workUnder(names, (acquiring) => this.allPromised$(names, ttl, acquiring), work, options);
  }

  watch$(name: string): Observable<LockStatus> {
    this.checkName(name);
    return statuses$(this.core, name).pipe(takeUntil(this.core.closed$(name)));
  }

  async status(name: string): Promise<LockStatus> {
    this.checkName(name);
    return status(this.core, name);
  }

  async list(prefix = ''): Promise<readonly LockStatus[]> {
    if (typeof prefix !== 'string') throw invalid('prefix', 'is not a string');
    return list(this.core, prefix);
  }

  adopt$(handle: LeaseHandle, options: AdoptOptions = {}): Observable<LockEvent> {
    refuseUnknown(options, ADOPT_OPTIONS);
    return adopted$(this.core, handle, resolveOptions(options, this.defaults));
  }

  async adopt(handle: LeaseHandle, options?: AdoptOptions): Promise<Lease> {
    const lock$ = this.adopt$(handle, options);
    return firstLease(handle.name.slice(this.core.prefix.length), () => lock$);
  }

  async revoke(name: string): Promise<void> {
    this.checkName(name);
    return done(this.core, 'revoke', `'${name}' to be taken away`, this.core.prefix + name);
  }

  ping(): Promise<void> {
    return done(this.core, 'ping', 'a sign of life');
  }

  close(options: CloseOptions = {}): Promise<void> {
    return this.closing.close(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Plain data, for logs: nothing of its insides, which hold credentials and go round in circles. */
  toJSON(): Record<string, unknown> {
    const { backend, holder, prefix, keeper, closed } = this.core;
    return { backend: backend.name, holder, prefix, held: keeper.size, closed };
  }

  /** Its insides may hold what a service or a user would not want in a log. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Locks ${JSON.stringify(this)}`;
  }

  private composed$(names: readonly string[], ttl: Duration, options: HoldOptions): Observable<CompositeEvent> {
    const given: unknown = names;
    if (!Array.isArray(given)) throw invalid('names', 'is not an array');
    // Made for their checks. Those that are subscribed to have options of their own.
    for (const name of names) this.stream$(name, ttl, options);
    return composite$(names, options, this.core.runtime, (name, own) => this.stream$(name, ttl, own));
  }

  private promised$(
    name: string,
    ttl: Duration,
    defaults: HoldOptions,
    options: AcquireOptions | undefined,
  ): Observable<LockEvent> {
    refuseOption(options, 'onLost', NEVER_AGAIN);
    if (defaults === this.impatient) refuseOption(options, 'wait', 'to wait, use acquire or using');
    return this.stream$(name, ttl, resolveEither(options, defaults));
  }

  private allPromised$(
    names: readonly string[],
    ttl: Duration,
    options: AcquireAllOptions | undefined,
  ): Observable<CompositeEvent> {
    refuseOption(options, 'onLost', NEVER_AGAIN);
    return this.composed$(names, ttl, resolveOptions(options, this.patient));
  }

  private stream$(name: string, ttl: Duration, options: HoldOptions): Observable<LockEvent> {
    const { core } = this;
    this.checkName(name);
    return lock$(core, name, resolveTtl(ttl, core.backend), options);
  }

  private checkName(name: string): void {
    requireName(name);
    this.core.backend.validateName?.(this.core.prefix + name);
  }
}
