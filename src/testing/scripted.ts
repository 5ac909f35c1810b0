import { EMPTY, Observable, Subject, Subscription, type Subscriber } from 'rxjs';
import { parseDuration } from '../duration.js';
import {
  LockAuthenticationError,
  LockCapacityError,
  LockClosedError,
  LockConfigError,
  LockNetworkError,
} from '../errors.js';
import { lockStatus } from '../lock-status.js';
import type {
  AcquireRequest,
  AcquireSignal,
  Features,
  Grant,
  LockStatus,
  LostReason,
  Released,
  Renewal,
  Revocation,
  Runtime,
} from '../types.js';
import { play } from './play.js';
import type { Overridden, Scenario, ScriptedBackend, ScriptedCall } from './scenario.js';
import { parseScript, Scripts, type Cue } from './script.js';

/**
 * A lock service made of marbles: each call takes the next script, and the last one serves all calls that follow.
 *
 * It takes its time from the locks that use it, so it runs in a TestScheduler's virtual time, under a runner's fake
 * timers and in real time alike. What a script says at frame 0 is answered within the call. An attempt that is left
 * while its grant is on the way still gets it, as a stray; one that was queued leaves the queue.
 *
 * @throws LockConfigError for a letter that has no meaning.
 *
 * @example
 * ```ts
 * import { scripted, toMarbles, virtualTime } from 'rxlock/testing';
 *
 * virtualTime(({ createLocks, expectObservable }) => {
 *   const backend = scripted({
 *     acquire: ['--h', '--g'], //  somebody has it; the next attempt is granted after 2 ms
 *     renew: ['--r', '--x'], //    confirmed; refused
 *   });
 *   const locks = createLocks(backend);
 *   expectObservable(locks.lock$('a', '10s').pipe(toMarbles())).toBe('--w 51ms a 2999ms r 2999ms (l|)');
 * });
 * ```
 */
export function scripted<const F extends Partial<Features> = Partial<Features>>(
  scenario: Scenario<F> = {},
): ScriptedBackend<Overridden<F>> {
  return new Scripted<Overridden<F>>(scenario, {
    fencing: true,
    fifo: true,
    push: scenario.watch !== undefined,
    semaphore: true,
    metadata: true,
    minHold: true,
    ...scenario.features,
  } as unknown as Overridden<F>);
}

const REASONS: Readonly<Record<string, LostReason>> = { v: 'revoked', s: 'session', k: 'connection', x: 'refused' };

type GrantedSignal = Extract<AcquireSignal, { readonly type: 'granted' }>;

class Scripted<F extends Features> implements ScriptedBackend<F> {
  readonly name = 'scripted';
  readonly ttl: { readonly min: number; readonly max: number; readonly step: number };
  readonly calls: ScriptedCall[] = [];
  readonly revoked$: Observable<Revocation>;
  readonly watch?: (name: string) => Observable<LockStatus>;
  private readonly acquires: Scripts;
  private readonly renewals: Scripts;
  private readonly releases: Scripts;
  private readonly statuses: Scripts | undefined;
  private readonly revocations: readonly Cue[];
  private readonly revoked = new Subject<Revocation>();
  private readonly pending = new Set<Subscriber<AcquireSignal>>();
  private readonly held = new Set<Grant>();
  private readonly holder: string;
  private readonly retryAfter: number;
  private token: bigint;
  private runtime: Runtime | undefined;
  private openedAt = 0;
  private closed = false;
  private playing = Subscription.EMPTY;

  constructor(
    private readonly scenario: Scenario,
    readonly features: F,
  ) {
    this.ttl = scenario.ttl ?? { min: 1000, max: 3_600_000, step: 1 };
    this.holder = scenario.holder ?? 'somebody else';
    this.retryAfter = parseDuration(scenario.retryAfter ?? '1s', 'retryAfter');
    this.token = scenario.firstToken ?? 1n;
    this.acquires = new Scripts('acquire', scenario.acquire, 'g');
    this.renewals = new Scripts('renew', scenario.renew, 'r');
    this.releases = new Scripts('release', scenario.release, 'd');
    this.statuses = scenario.status === undefined ? undefined : new Scripts('status', scenario.status, 'f');
    this.revocations = parseScript('revoked', scenario.revoked ?? '');
    this.revoked$ = this.revoked.asObservable();
    if (scenario.watch !== undefined) {
      const watches = new Scripts('status', scenario.watch, 'f');
      this.watch = (name) => this.tell('watch', name, watches);
    }
  }

  open(runtime: Runtime): void {
    if (this.runtime !== undefined) {
      if (this.runtime.clock === runtime.clock) return;
      // Each `createLocks` on one virtual scheduler makes a clock of its own, which shows the same time.
      if (this.runtime.scheduler === runtime.scheduler && this.runtime.clock.elapsed() === runtime.clock.elapsed())
        return;
      throw new LockConfigError('this backend is open already, with another clock');
    }
    this.runtime = runtime;
    this.openedAt = runtime.clock.elapsed();
    // A hot script: it runs whether or not anybody listens, as long as the backend is open.
    this.playing = play(this.revocations, runtime.scheduler, ({ symbol }) => {
      this.takeAway(REASONS[symbol] ?? 'revoked');
    });
  }

  callsOf(type: ScriptedCall['type']): readonly ScriptedCall[] {
    return this.calls.filter((call) => call.type === type);
  }

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return new Observable((sink) => {
      if (this.closed) {
        sink.error(new LockClosedError('this backend is closed', { name: request.name }));
        return;
      }
      const { clock, scheduler } = this.opened;
      this.note('acquire', request.name);
      let sentAt = clock.elapsed();
      let queued = false;
      let settled = false;
      this.pending.add(sink);
      const script = this.acquires.next(request.name);
      const playing = play(script, scheduler, ({ symbol }) => {
        if (this.closed) return;
        if (symbol === 'q' || /[1-9]/.test(symbol)) {
          queued = true;
          sentAt = clock.elapsed();
          sink.next({ type: 'queued', position: symbol === 'q' ? undefined : Number(symbol), holder: this.holder });
          return;
        }
        // Before anything is said: whoever hears it may unsubscribe in the middle of it.
        settled = true;
        if (symbol === 'g' || symbol === 'c') this.grant(request, sentAt, symbol === 'c', sink);
        else this.refuse(symbol, request.name, sink);
      });
      sink.add(() => {
        this.pending.delete(sink);
        if (!settled && !this.closed) this.note('leave', request.name);
        // Who leaves the queue gets no grant; one that is on its way already arrives.
        if (settled || queued || this.closed) playing.unsubscribe();
      });
    });
  }

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    const sentAt = (): number => this.opened.clock.elapsed();
    return this.batch<Renewal>('renew', this.renewals, grants, sentAt, (symbol, index, since) => {
      const grant = grants[index];
      if (symbol === 'r') return { index, outcome: 'renewed', bounds: [{ sentAt: since, ttl: ttls[index] ?? 0 }] };
      if (symbol === 'x') {
        if (grant !== undefined) this.held.delete(grant);
        return { index, outcome: 'refused' };
      }
      return { index, outcome: 'unknown', cause: this.errorOf(symbol, grant?.name) };
    });
  }

  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released> {
    const sentAt = (): number => this.opened.clock.elapsed();
    return this.batch<Released>(
      'release',
      this.releases,
      grants,
      sentAt,
      (symbol, index) => {
        const grant = grants[index];
        if (symbol !== 'd' && symbol !== 'x') {
          return { index, outcome: 'unknown', cause: this.errorOf(symbol, grant?.name) };
        }
        if (grant !== undefined) this.held.delete(grant);
        return { index, outcome: symbol === 'd' ? 'released' : 'gone' };
      },
      keepFor,
    );
  }

  status(name: string): Observable<LockStatus> {
    if (this.statuses !== undefined) return this.tell('status', name, this.statuses, true);
    return new Observable((sink) => {
      this.note('status', name);
      const grant = [...this.held].find((one) => one.name === name);
      sink.next(statusOf(name, grant === undefined ? 'free' : 'held', grant));
      sink.complete();
    });
  }

  ping(): Observable<void> {
    return EMPTY;
  }

  close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      this.note('close');
      this.playing.unsubscribe();
      for (const sink of [...this.pending]) sink.error(new LockClosedError('this backend was closed'));
      this.held.clear();
      this.revoked.complete();
    }
    return Promise.resolve();
  }

  private get opened(): Runtime {
    if (this.runtime === undefined) throw new LockConfigError('this backend is not open: pass it to createLocks');
    return this.runtime;
  }

  private note(type: ScriptedCall['type'], name?: string, rest: { of?: number; keepFor?: number } = {}): void {
    const at = (this.runtime?.clock.elapsed() ?? this.openedAt) - this.openedAt;
    this.calls.push({ type, at: Math.floor(at), ...(name === undefined ? {} : { name }), ...rest });
  }

  private grant(request: AcquireRequest, sentAt: number, confirm: boolean, sink: Subscriber<AcquireSignal>): void {
    const grant: Grant = {
      name: request.name,
      fencingToken: this.features.fencing ? this.token++ : undefined,
      holder: request.holder,
      metadata: this.features.metadata ? request.metadata : undefined,
    };
    this.held.add(grant);
    if (sink.closed) {
      this.note('stray', request.name);
      request.stray(grant);
      return;
    }
    const granted: GrantedSignal = { type: 'granted', grant, bounds: [{ sentAt, ttl: request.ttl }] };
    sink.next(confirm ? { ...granted, confirm } : granted);
    sink.complete();
  }

  private refuse(symbol: string, name: string, sink: Subscriber<AcquireSignal>): void {
    if (symbol === 'h' || symbol === 'w') {
      const delay = symbol === 'w' ? { retryAfter: this.retryAfter, binding: true } : {};
      sink.next({ type: 'held', holder: this.holder, ...delay });
      sink.complete();
    } else if (symbol === '|') sink.complete();
    else sink.error(this.errorOf(symbol, name));
  }

  private batch<R>(
    type: 'renew' | 'release',
    scripts: Scripts,
    grants: readonly Grant[],
    now: () => number,
    answer: (symbol: string, index: number, sentAt: number) => R,
    keepFor: readonly number[] = [],
  ): Observable<R> {
    return new Observable((sink) => {
      const parts = new Map<string, number[]>();
      const size = grants.length > 1 ? { of: grants.length } : {};
      grants.forEach(({ name }, index) => {
        const kept = keepFor[index] ?? 0;
        this.note(type, name, kept > 0 ? { ...size, keepFor: kept } : size);
        const key = scripts.keyOf(name);
        const part = parts.get(key);
        if (part === undefined) parts.set(key, [index]);
        else part.push(index);
      });
      const sentAt = now();
      let open = parts.size;
      for (const [key, indexes] of parts) {
        const script = scripts.next(key);
        const playing = play(script, this.opened.scheduler, ({ symbol }) => {
          if (symbol === '|') sink.complete();
          // What befalls the one request befalls its stream; with several scripts, only those it is about.
          else if (parts.size === 1 && 'nt#'.includes(symbol)) sink.error(this.errorOf(symbol, grants[0]?.name));
          else for (const index of indexes) sink.next(answer(symbol, index, sentAt));
        });
        sink.add(playing);
        // What has been said is the whole answer; of a call without an answer, nothing is ever heard.
        if (script.length > 0) {
          playing.add(() => {
            if (--open === 0) sink.complete();
          });
        }
      }
    });
  }

  private tell(type: 'status' | 'watch', name: string, scripts: Scripts, once = false): Observable<LockStatus> {
    return new Observable((sink) => {
      this.note(type, name);
      return play(scripts.next(name), this.opened.scheduler, ({ symbol }) => {
        if (symbol === '|') sink.complete();
        else if (symbol === 'f') sink.next(statusOf(name, 'free'));
        else if (symbol === 'h') sink.next(statusOf(name, 'held', { name, holder: this.holder }));
        else sink.error(this.errorOf(symbol, name));
        if (once) sink.complete();
      });
    });
  }

  private takeAway(reason: LostReason): void {
    const grants = [...this.held];
    this.held.clear();
    if (grants.length > 0) this.revoked.next({ grants, reason });
  }

  private errorOf(symbol: string, name: string | undefined): unknown {
    if (symbol === 'n') return new LockNetworkError('the scripted service is out of reach', { name });
    if (symbol === 't') return new LockAuthenticationError('the scripted service refuses the token', { name });
    if (symbol === 'l') {
      return new LockCapacityError('the scripted service is full', { name, retryAfter: this.retryAfter });
    }
    return symbol === '#' ? (this.scenario.error ?? new LockNetworkError('a scripted error', { name })) : undefined;
  }
}

function statusOf(name: string, status: 'free' | 'held', grant?: Grant): LockStatus {
  return lockStatus({
    name,
    status,
    holder: grant?.holder,
    fencingToken: grant?.fencingToken,
    metadata: grant?.metadata,
  });
}
