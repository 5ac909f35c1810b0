import {
  asyncScheduler,
  defer,
  filter,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  race,
  ReplaySubject,
  share,
  takeUntil,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import { composite$ } from './composite.js';
import { isRealTime, schedulerClock, systemClock } from '../values/clock.js';
import { Core } from '../core/core.js';
import { parseDuration } from '../values/duration.js';
import {
  LockClosedError,
  LockConfigError,
  LockHeldError,
  LockUnsupportedError,
  LockValidationError,
} from '../contract/errors.js';
import { defaultHolder } from '../values/default-holder.js';
import { leadership$ } from './leadership.js';
import type { HeldLease } from '../lease/held-lease.js';
import { contend, lock$ } from '../contending/lock.js';
import { Locks, type CloseOptions, type Work } from '../contract/locks.js';
import { requireRenewal, resolveDefaults, resolveOptions, resolveTtl, type HoldOptions } from '../core/hold-options.js';
import { firstLease, workUnder } from './promises.js';
import { refuseUnknown } from '../values/refuse-unknown.js';
import { statuses$, withoutPrefix } from './statuses.js';
import type { AcquireOptions, LockOptions, LocksOptions } from '../contract/options.js';
import type { CompositeEvent, CompositeLease, Lease, LockEvent, LocksEvent } from '../contract/lease.js';
import type { Duration, Runtime } from '../contract/time.js';
import type { Features, LockBackend, TokenOf } from '../contract/backend.js';
import type { Leadership, LockStatus } from '../contract/status.js';

/** How many `Locks` use a backend. */
const users = new WeakMap<LockBackend, number>();

/**
 * Makes the locks of a service.
 *
 * @param backend The service: `memory()`, `octostore({ … })`, …
 * @param options Who we are (`holder`), a `prefix` for all names, defaults for every lock, and where time comes from.
 * @throws LockValidationError, LockConfigError for bad options, naming them.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 *
 * const locks = createLocks(memory(), { prefix: 'billing/', wait: '10s' });
 * await locks.using('nightly-report', '30s', async (lease) => console.log(lease.name));
 * await locks.close();
 * ```
 */
export function createLocks<F extends Features>(
  backend: LockBackend<F>,
  options: LocksOptions = {},
): Locks<TokenOf<F>> {
  if (typeof (backend as Partial<LockBackend> | null | undefined)?.acquire !== 'function') {
    throw new LockConfigError(
      'the first argument is no backend: createLocks(memory()), createLocks(octostore({ … }))',
      {
        option: 'backend',
      },
    );
  }
  const defaults = resolveDefaults(options);
  const runtime = resolveRuntime(options);
  backend.open?.(runtime);
  users.set(backend, (users.get(backend) ?? 0) + 1);
  const holder = options.holder ?? defaultHolder(runtime.random);
  const core = new Core(backend, runtime, holder, options.prefix ?? '', contend);
  // The features say which of `bigint` and `undefined` a token is; inside, it may be either.
  return new BackendLocks(core, defaults) as Locks as Locks<TokenOf<F>>;
}

function resolveRuntime({ clock, scheduler = asyncScheduler, random = Math.random }: LocksOptions): Runtime {
  return { clock: clock ?? (isRealTime(scheduler) ? systemClock : schedulerClock(scheduler)), scheduler, random };
}

function requireArray(names: unknown): void {
  if (!Array.isArray(names)) throw new LockValidationError('names is not an array', { option: 'names' });
}

/** Before the lock is taken: nobody should have to wait for it to learn that. */
function requireWork(work: unknown): void {
  if (typeof work !== 'function') throw new LockValidationError('work is not a function', { option: 'work' });
}

const CLOSE_OPTIONS: ReadonlySet<string> = new Set(['drain']);

/** How long `close()` waits for the answers to releases; closing the backend gives up what is left of them. Milliseconds. */
const RELEASES = 1000;

/** Resolves when a condition has come about, or after some milliseconds. */
async function when(core: Core, condition: () => boolean, within = Infinity): Promise<void> {
  const late$ = within === Infinity ? NEVER : timer(within, core.runtime.scheduler);
  await firstValueFrom(race(core.changes.pipe(filter(condition)), late$));
}

class BackendLocks extends Locks {
  readonly events$: Observable<LocksEvent>;
  private readonly elections = new Map<
    string,
    { readonly ttl: number; readonly leadership$: Observable<Leadership> }
  >();
  /** The defaults of `acquire`, and those of `tryAcquire`. */
  private readonly patient: HoldOptions;
  private readonly impatient: HoldOptions;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly core: Core,
    private readonly defaults: HoldOptions,
  ) {
    super();
    // A promise is settled once: after a loss nothing can be handed out again.
    this.patient = { ...defaults, onLost: 'complete' };
    this.impatient = { ...this.patient, wait: false };
    this.events$ = core.events.asObservable();
  }

  lock$(name: string, ttl: Duration, options?: LockOptions): Observable<LockEvent> {
    this.checkName(name);
    return lock$(this.core, name, resolveTtl(ttl, this.core.backend), this.resolve(options));
  }

  semaphore$(name: string, limit: number, ttl: Duration, options?: LockOptions): Observable<LockEvent> {
    this.checkName(name);
    if (!this.core.backend.features.semaphore) throw this.unsupported('semaphores');
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new LockValidationError(`limit ${String(limit)} is no whole number of at least 1`, { option: 'limit' });
    }
    return lock$(this.core, name, resolveTtl(ttl, this.core.backend), this.resolve(options), limit);
  }

  leader$(name: string, ttl: Duration, options?: LockOptions): Observable<Leadership> {
    this.checkName(name);
    const milliseconds = resolveTtl(ttl, this.core.backend);
    const resolved = { ...this.resolve(options), wait: true, onLost: 'complete' } as const;
    requireRenewal(milliseconds, resolved, this.core.backend);
    this.checkElection(name, milliseconds);
    const forget = (): void => {
      this.elections.delete(name);
    };
    return defer(() => {
      this.checkOpen();
      this.checkElection(name, milliseconds);
      const election = this.elections.get(name) ?? {
        ttl: milliseconds,
        leadership$: leadership$(this.core, name, lock$(this.core, name, milliseconds, resolved), resolved.retry).pipe(
          // Before anybody hears of the error, so that whoever subscribes again at once takes part in a new election.
          tap({ error: forget, unsubscribe: forget }),
          share({ connector: () => new ReplaySubject(1) }),
        ),
      };
      this.elections.set(name, election);
      return election.leadership$;
    });
  }

  private checkElection(name: string, ttl: number): void {
    const known = this.elections.get(name)?.ttl ?? ttl;
    if (known === ttl) return;
    throw new LockConfigError(`'${name}' is led with a ttl of ${String(known)} ms already`, { name, option: 'ttl' });
  }

  all$(names: readonly string[], ttl: Duration, options?: LockOptions): Observable<CompositeEvent> {
    return this.composed$(names, ttl, this.resolve(options));
  }

  acquire(name: string, ttl: Duration, options?: AcquireOptions): Promise<Lease> {
    return firstLease(() => this.promised$(name, ttl, this.patient, options));
  }

  async tryAcquire(name: string, ttl: Duration, options?: Omit<AcquireOptions, 'wait'>): Promise<Lease | null> {
    try {
      return await firstLease(() => this.promised$(name, ttl, this.impatient, options));
    } catch (error) {
      if (error instanceof LockHeldError) return null;
      throw error;
    }
  }

  async using<R>(name: string, ttl: Duration, work: Work<Lease, R>, options?: AcquireOptions): Promise<R> {
    requireWork(work);
    return workUnder(await this.acquire(name, ttl, options), work);
  }

  async tryUsing<R>(
    name: string,
    ttl: Duration,
    work: Work<Lease, R>,
    options?: Omit<AcquireOptions, 'wait'>,
  ): Promise<R | null> {
    requireWork(work);
    const lease = await this.tryAcquire(name, ttl, options);
    return lease === null ? null : workUnder(lease, work);
  }

  acquireAll(names: readonly string[], ttl: Duration, options?: AcquireOptions): Promise<CompositeLease> {
    return firstLease(() => this.composed$(names, ttl, { ...this.resolve(options), onLost: 'complete' }));
  }

  async usingAll<R>(
    names: readonly string[],
    ttl: Duration,
    work: Work<CompositeLease, R>,
    options?: AcquireOptions,
  ): Promise<R> {
    requireWork(work);
    return workUnder(await this.acquireAll(names, ttl, options), work);
  }

  watch$(name: string): Observable<LockStatus> {
    this.checkName(name);
    return defer(() => {
      this.checkOpen();
      return statuses$(this.core, name).pipe(takeUntil(this.core.disposed));
    });
  }

  async status(name: string): Promise<LockStatus> {
    this.checkName(name);
    this.checkOpen();
    const { backend, prefix } = this.core;
    return withoutPrefix(await firstValueFrom(backend.status(prefix + name)), prefix);
  }

  async list(namePrefix = ''): Promise<readonly LockStatus[]> {
    if (typeof namePrefix !== 'string') throw new LockValidationError('prefix is not a string', { option: 'prefix' });
    this.checkOpen();
    const { backend, prefix } = this.core;
    if (backend.list === undefined) throw this.unsupported('list');
    const statuses = await firstValueFrom(backend.list(prefix + namePrefix));
    return statuses.map((status) => withoutPrefix(status, prefix));
  }

  async ping(): Promise<void> {
    this.checkOpen();
    if (this.core.backend.ping === undefined) throw this.unsupported('ping');
    await lastValueFrom(this.core.backend.ping(), { defaultValue: undefined });
  }

  async close(options: CloseOptions = {}): Promise<void> {
    refuseUnknown(options, CLOSE_OPTIONS);
    const drain = options.drain === undefined ? 0 : parseDuration(options.drain, 'drain');
    if (this.closing === undefined) {
      let start!: () => void;
      // Before it starts: whoever is told of the end may close once more.
      this.closing = new Promise((resolve) => {
        start = () => {
          resolve(this.end(drain));
        };
      });
      start();
    }
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Its insides may hold what a service or a user would not want in a log. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const { backend, holder, prefix, keeper, closed } = this.core;
    const state = closed ? 'closed' : `${String(keeper.size)} held`;
    return `Locks { backend: '${backend.name}', holder: '${holder}', prefix: '${prefix}', ${state} }`;
  }

  private async end(drain: number): Promise<void> {
    const { core } = this;
    const { backend } = core;
    core.closed = true;
    for (const contender of [...core.contenders]) contender.fail(core.closedError(contender.request.title));
    if (drain > 0 && core.keeper.size > 0) await when(core, () => core.keeper.size === 0, drain);
    for (const kept of core.keeper.all()) (kept as HeldLease).close(core.closedError((kept as HeldLease).name));
    if (core.keeper.size > 0) await when(core, () => core.keeper.size === 0);
    if (!core.isIdle) await when(core, () => core.isIdle, RELEASES);
    core.dispose();
    const left = (users.get(backend) ?? 1) - 1;
    users.set(backend, left);
    if (left === 0) await backend.close();
  }

  private composed$(names: readonly string[], ttl: Duration, options: HoldOptions): Observable<CompositeEvent> {
    requireArray(names);
    for (const name of names) this.checkName(name);
    const milliseconds = resolveTtl(ttl, this.core.backend);
    requireRenewal(milliseconds, options, this.core.backend);
    return composite$(names, options, this.core.runtime, (name, resolved) =>
      lock$(this.core, name, milliseconds, resolved),
    );
  }

  private promised$(
    name: string,
    ttl: Duration,
    defaults: HoldOptions,
    options?: AcquireOptions,
  ): Observable<LockEvent> {
    this.checkName(name);
    const { wait, onLost } = defaults;
    const resolved = options === undefined ? defaults : { ...resolveOptions(options, defaults), onLost };
    const chosen = defaults === this.impatient ? { ...resolved, wait } : resolved;
    return lock$(this.core, name, resolveTtl(ttl, this.core.backend), chosen);
  }

  private resolve(options: LockOptions | undefined): HoldOptions {
    return options === undefined ? this.defaults : resolveOptions(options, this.defaults);
  }

  private checkName(name: string): void {
    if (typeof name !== 'string') throw new LockValidationError('the name is not a string', { option: 'name' });
    if (name === '') throw new LockValidationError('the name is empty', { option: 'name' });
    this.core.backend.validateName?.(this.core.prefix + name);
  }

  private checkOpen(): void {
    if (this.core.closed) throw new LockClosedError('these locks were closed');
  }

  private unsupported(what: string): LockUnsupportedError {
    return new LockUnsupportedError(`${this.core.backend.name} has no ${what}`);
  }
}
