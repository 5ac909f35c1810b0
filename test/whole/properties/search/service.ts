import { EMPTY, Observable, Subject, type Subscriber } from 'rxjs';
import { LockClosedError, LockNetworkError } from '../../../../src/contract/errors.js';
import { lockStatus } from '../../../../src/values/lock-status.js';
import type {
  AcquireRequest,
  AcquireSignal,
  Bounds,
  Grant,
  LockBackend,
  Released,
  Renewal,
  Revocation,
} from '../../../../src/contract/backend.js';
import type { LockStatus } from '../../../../src/contract/status.js';
import type { Runtime } from '../../../../src/contract/time.js';
import type { AcquireAnswer, Answers, ReleaseAnswer, RenewAnswer } from './program.js';

/** How long a late answer takes, and one that comes when all is over. */
const LATE = 300;
const TOO_LATE = 15_000;

/** How much of a name is taken. */
type Share = Pick<AcquireRequest, 'mode' | 'permits'>;

interface Entry {
  readonly grant: Grant;
  readonly key: string;
  readonly share: Share;
  until: number;
}

interface Waiter {
  readonly request: AcquireRequest;
  readonly sink: Subscriber<AcquireSignal>;
  readonly answer: AcquireAnswer;
}

/**
 * A service that is truthful, but bad at answering: what it grants is excluded for everybody else, whether its answer
 * comes or not. Decides at once; answers as the program says.
 */
export class Service implements LockBackend {
  readonly name = 'scripted';
  readonly features;
  readonly revoked$ = new Subject<Revocation>();
  /** Everything it ever granted, and what became of it. */
  readonly granted = new Map<Grant, { asked: number; answered: boolean; gone: boolean }>();
  private readonly held: Entry[] = [];
  private waiters: Waiter[] = [];
  private readonly watchers = new Map<string, Set<Subscriber<LockStatus>>>();
  private readonly counts = { acquire: 0, renew: 0, release: 0 };
  private token = 0n;
  private odd = 0;
  private isLooking = false;
  private isTelling = false;
  private runtime!: Runtime;

  constructor(private readonly answers: Answers) {
    const { fifo, push, minHold } = answers;
    this.features = {
      ...({ fencing: true, semaphore: true, permits: true, shared: true, metadata: true } as const),
      ...{ fifo, push, minHold },
    };
  }

  open(runtime: Runtime): void {
    this.runtime = runtime;
  }

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    const answer = this.answers.acquire[this.counts.acquire++ % this.answers.acquire.length]!;
    if (answer === 'throws') throw new LockNetworkError('thrown');
    return new Observable((sink) => {
      const waiter: Waiter = { request, sink, answer };
      if (answer === 'fails') sink.error(new LockNetworkError('down'));
      else if (answer === 'empty') sink.complete();
      else if (answer === 'never' && this.counts.acquire % 2 === 0) return;
      else if (this.isFree(request)) this.grant(waiter);
      else if (this.answers.fifo && request.wait) {
        this.waiters.push(waiter);
        this.look();
        sink.next({ type: 'queued', holder: this.holder(keyOf(request)) });
      } else {
        sink.next({ type: 'held', holder: this.holder(keyOf(request)), retryAfter: 500 });
        sink.complete();
      }
      return () => {
        this.waiters = this.waiters.filter((one) => one !== waiter);
      };
    });
  }

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    const answer = this.answers.renew[this.counts.renew++ % this.answers.renew.length]!;
    if (answer === 'throws') throw new LockNetworkError('thrown');
    return new Observable((sink) => {
      const sentAt = this.now;
      if (answer === 'fails') sink.error(new LockNetworkError('down'));
      if (answer === 'empty') sink.complete();
      if (answer === 'never' || sink.closed) return;
      const told = grants.map((grant, index): Renewal => {
        const entry = this.entry(grant);
        // It is told before anybody else can have it.
        if (entry !== undefined && answer === 'refused') entry.until = sentAt;
        if (entry === undefined || answer === 'refused') this.known(grant).gone = true;
        if (entry === undefined || answer === 'refused') return { index, outcome: 'refused' };
        const ttl = ttls[index]!;
        entry.until = Math.max(entry.until, sentAt + ttl);
        return { index, outcome: 'renewed', bounds: this.bounds(sentAt, ttl, answer) };
      });
      this.in(delayOf(answer), () => {
        // Whoever loses one of a batch is told before anybody else gets it.
        this.isTelling = answer === 'refused';
        for (const one of told) sink.next(one);
        sink.complete();
        this.isTelling = false;
        if (answer === 'refused') this.serve();
      });
    });
  }

  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released> {
    const answer = this.answers.release[this.counts.release++ % this.answers.release.length]!;
    for (const grant of grants) this.known(grant).asked++;
    if (answer === 'throws') throw new LockNetworkError('thrown');
    return new Observable((sink) => {
      if (answer === 'fails') sink.error(new LockNetworkError('down'));
      if (answer === 'empty') sink.complete();
      if (answer === 'never' || sink.closed) return;
      const told = grants.map((grant, index): Released => {
        const entry = this.entry(grant);
        if (entry === undefined) return { index, outcome: 'gone' };
        if (keepFor[index]! > 0) this.keep(entry, keepFor[index]!);
        else this.drop(grant);
        return { index, outcome: 'released' };
      });
      this.in(delayOf(answer), () => {
        for (const one of told) sink.next(one);
        if (answer !== 'answered, never completed') sink.complete();
      });
    });
  }

  watch(name: string): Observable<LockStatus> {
    return new Observable((sink) => {
      const watchers = this.watchers.get(name) ?? new Set();
      this.watchers.set(name, watchers.add(sink));
      sink.next(this.statusOf(name));
      return () => watchers.delete(sink);
    });
  }

  status(name: string): Observable<LockStatus> {
    return new Observable((sink) => {
      sink.next(this.statusOf(name));
      sink.complete();
    });
  }

  close(): Promise<void> {
    const { waiters } = this;
    this.waiters = [];
    for (const { sink } of waiters) sink.error(new LockClosedError('closed'));
    return Promise.resolve();
  }

  /** Takes a lock from whoever holds it. */
  revoke(name: string): Observable<void> {
    const grants = this.held.filter(({ key }) => key === `lock ${name}`).map(({ grant }) => grant);
    for (const grant of grants) {
      const known = this.granted.get(grant);
      // What is only kept taken is nobody's.
      if (known !== undefined) known.gone = true;
      this.held.splice(
        this.held.findIndex((one) => one.grant === grant),
        1,
      );
    }
    if (grants.length === 0) return EMPTY;
    // Whoever had it is told before whoever is next.
    const { isTelling } = this;
    this.isTelling = true;
    this.revoked$.next({ grants, reason: 'revoked' });
    this.isTelling = isTelling;
    this.serve();
    return EMPTY;
  }

  /** What it holds for anybody, or has promised to anybody. */
  get left(): readonly string[] {
    this.sweep();
    return [...this.held.map(({ key }) => key), ...this.waiters.map(({ request }) => `a waiter of ${request.name}`)];
  }

  get isWatched(): boolean {
    return [...this.watchers.values()].some(({ size }) => size > 0);
  }

  known(grant: Grant): { asked: number; answered: boolean; gone: boolean } {
    return this.granted.get(grant)!;
  }

  private get now(): number {
    return this.runtime.clock.elapsed();
  }

  private grant(waiter: Waiter): void {
    const { request, sink, answer } = waiter;
    if (answer === 'held, then granted') sink.next({ type: 'held', retryAfter: 2000 });
    this.hand(waiter, this.seat(request));
    if (answer === 'twice') this.hand(waiter, this.seat(request));
    if (answer !== 'never') this.in(delayOf(answer), () => sink.complete());
  }

  private seat(request: AcquireRequest): { readonly grant: Grant; readonly sentAt: number } {
    const { name, limit, ttl, mode, permits, metadata } = request;
    const grant: Grant = { name, fencingToken: ++this.token, metadata };
    this.granted.set(grant, { asked: 0, answered: false, gone: false });
    this.held.push({ grant, key: keyOf({ name, limit }), share: { mode, permits }, until: this.now + ttl });
    return { grant, sentAt: this.now };
  }

  private hand({ request, sink, answer }: Waiter, seated: { readonly grant: Grant; readonly sentAt: number }): void {
    const { grant, sentAt } = seated;
    if (answer === 'never') return;
    this.in(delayOf(answer), () => {
      const known = this.known(grant);
      known.answered = true;
      if (sink.closed) request.stray(grant);
      // It was taken away while the answer was on its way.
      else if (known.gone) sink.next({ type: 'held' });
      else {
        const confirm = answer === 'confirm';
        sink.next({ type: 'granted', grant, bounds: this.bounds(sentAt, request.ttl, answer), confirm });
      }
    });
  }

  /** Those of an impossible answer differ from one to the next. */
  private bounds(sentAt: number, ttl: number, answer: AcquireAnswer | RenewAnswer): Bounds {
    if (answer !== 'impossible') return [{ sentAt, ttl }];
    const odd: readonly unknown[] = [[{ sentAt: sentAt + 3_600_000, ttl }], [{ sentAt, ttl: NaN }], [], undefined];
    return odd[this.odd++ % odd.length] as Bounds;
  }

  private isFree({ name, limit, mode, permits = 1 }: AcquireRequest): boolean {
    this.sweep();
    if (this.isTelling) return false;
    const key = keyOf({ name, limit });
    const shares = this.held.filter((one) => one.key === key).map(({ share }) => share);
    if (limit !== undefined) return shares.reduce((sum, share) => sum + (share.permits ?? 1), permits) <= limit;
    return shares.length === 0 || (mode === 'shared' && shares.every((share) => share.mode === 'shared'));
  }

  private holder(key: string): string | undefined {
    return this.held.some((one) => one.key === key) ? 'somebody' : undefined;
  }

  private entry(grant: Grant): Entry | undefined {
    this.sweep();
    return this.held.find((one) => one.grant === grant);
  }

  private keep(entry: Entry, ms: number): void {
    this.held.splice(this.held.indexOf(entry), 1);
    const kept: Entry = { ...entry, grant: { ...entry.grant }, until: this.now + ms };
    this.held.push(kept);
    this.in(ms, () => this.serve());
  }

  private drop(grant: Grant): void {
    const at = this.held.findIndex((one) => one.grant === grant);
    if (at < 0) return;
    this.held.splice(at, 1);
    this.serve();
  }

  private sweep(): void {
    const now = this.now;
    for (let i = this.held.length - 1; i >= 0; i--) if (this.held[i]!.until <= now) this.held.splice(i, 1);
  }

  /** Something may be free: those in the queue are granted, and whoever watches is told. */
  private serve(): void {
    for (const waiter of [...this.waiters]) {
      if (!this.waiters.includes(waiter) || !this.isFree(waiter.request)) continue;
      this.waiters = this.waiters.filter((one) => one !== waiter);
      this.grant(waiter);
    }
    for (const [name, sinks] of this.watchers) for (const sink of [...sinks]) sink.next(this.statusOf(name));
    this.look();
  }

  /** What runs out is noticed within a second, if anybody waits for it. */
  private look(): void {
    if (this.isLooking || this.waiters.length === 0) return;
    this.isLooking = true;
    this.in(1000, () => {
      this.isLooking = false;
      this.serve();
    });
  }

  private statusOf(name: string): LockStatus {
    this.sweep();
    const holder = this.holder(`lock ${name}`);
    return lockStatus({ name, status: holder === undefined ? 'free' : 'held', holder });
  }

  /** At once if there is no delay. */
  private in(ms: number, action: () => void): void {
    if (ms === 0) action();
    else this.runtime.scheduler.schedule(action, ms);
  }
}

function keyOf({ name, limit }: Pick<AcquireRequest, 'name' | 'limit'>): string {
  return `${limit === undefined ? 'lock' : 'semaphore'} ${name}`;
}

function delayOf(answer: AcquireAnswer | RenewAnswer | ReleaseAnswer): number {
  return answer === 'late' ? LATE : answer === 'too late' ? TOO_LATE : 0;
}
