import { catchError, map, Observable, ReplaySubject, throwError } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { configure, type Context } from 'rxjs-marbles';
import { expect } from 'vitest';
import { LockLostError, LockNetworkError } from '../../src/contract/errors.js';
import { AFTER_LOSS, AfterLoss, type WithAfterLoss } from '../../src/contract/after-loss.js';
import { RETAIN, type Retainable, type Retention } from '../../src/contract/retention.js';
import type { Lease, LeaseJson, LockEvent, LostEvent, ReleasedEvent } from '../../src/contract/lease.js';
import { marblesConfiguration } from '../../src/testing/marbles-configuration.js';

/** As an observable that `cold` makes has them. */
type Subscriptions = ReturnType<typeof TestScheduler.prototype.createColdObservable>['subscriptions'];

/** rxjs-marbles for the operators' specs: values, errors and subscriptions are compared by vitest. */
export const { marbles } = configure(marblesConfiguration(expect));

/** Errors by their name, so that marbles can compare them. */
export function byName<T>(result$: Observable<T>): Observable<T> {
  return result$.pipe(catchError((error: unknown) => throwError((): unknown => (error as Error).name)));
}

/** A lease with no service behind it. Writes down, with its time, what happens to it. */
export class FakeLease implements Lease<bigint>, Retainable, WithAfterLoss {
  readonly holder = 'me';
  readonly metadata = undefined;
  readonly acquiredAt = new Date(0);
  readonly expiresAt = new Date(0);
  readonly ended$ = new ReplaySubject<LostEvent<bigint> | ReleasedEvent<bigint>>(1);
  /** The clock passes it whether or not a timer runs. */
  deadline = Infinity;
  state: 'held' | 'draining' | 'over' = 'held';
  renewing = true;
  /** Undefined: its lock cannot be asked to contend again. */
  after: AfterLoss | undefined = new AfterLoss('complete', undefined);
  readonly failures: unknown[] = [];
  private controller: AbortController | undefined;
  private retentions = 0;
  private loss: LostEvent<bigint> | undefined;
  /** What tells the stream of this lease. */
  tell: (event: LockEvent<bigint>) => void = () => undefined;

  constructor(
    readonly name: string,
    readonly fencingToken: bigint,
    private readonly now: () => number,
    private readonly log: string[],
    readonly ttl = 20,
  ) {}

  get id(): string {
    return this.name;
  }

  get isHeld(): boolean {
    if (this.state !== 'over' && this.now() >= this.deadline) this.lose('expired');
    return this.state !== 'over';
  }

  remaining(): number {
    return this.isHeld ? this.deadline - this.now() : 0;
  }

  assertHeld(): void {
    if (this.isHeld) return;
    const reason = this.loss?.reason;
    throw new LockLostError(`${this.name} is gone: ${reason ?? 'released'}`, { reason });
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.state !== 'held') this.controller.abort();
    return this.controller.signal;
  }

  detach(): Promise<never> {
    return Promise.reject(new Error('not needed'));
  }

  extend(): Promise<Date> {
    return Promise.resolve(this.expiresAt);
  }

  release(): Promise<void> {
    if (this.state === 'over') return Promise.resolve();
    this.over();
    this.tell({ type: 'released', name: this.name, at: this.now(), lease: this });
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  toJSON(): LeaseJson {
    throw new Error('not needed');
  }

  [RETAIN](): Retention {
    let open = true;
    this.retentions++;
    const once = (then: () => void) => (): void => {
      if (!open) return;
      open = false;
      then();
    };
    return {
      release: once(() => {
        if (--this.retentions === 0 && this.state === 'draining') this.over();
      }),
      abandon: once(() => {
        this.renewing = false;
        this.note('abandoned');
      }),
      fail: (error) => {
        this.failures.push(error);
      },
    };
  }

  [AFTER_LOSS](): AfterLoss | undefined {
    return this.after;
  }

  /** The end of the subscription. */
  unsubscribe(): void {
    if (this.state !== 'held' || !this.isHeld) return;
    if (this.retentions === 0) this.over();
    else this.drain();
  }

  /** `until` or `maxHold`. */
  finish(): ReleasedEvent<bigint> {
    if (this.retentions === 0) this.over();
    else this.drain();
    return { type: 'released', name: this.name, at: this.now(), lease: this };
  }

  lose(reason: LostEvent['reason'], tell = true): LostEvent<bigint> {
    const event: LostEvent<bigint> = { type: 'lost', name: this.name, at: this.now(), lease: this, reason };
    if (this.state === 'over') return event;
    this.state = 'over';
    this.loss = event;
    this.note('lost');
    this.controller?.abort();
    this.ended$.next(event);
    this.ended$.complete();
    if (tell) this.tell(event);
    return event;
  }

  private drain(): void {
    this.state = 'draining';
    this.note('draining');
    this.controller?.abort();
  }

  private over(): void {
    this.state = 'over';
    this.note('given back');
    this.controller?.abort();
    this.ended$.next({ type: 'released', name: this.name, at: this.now(), lease: this });
    this.ended$.complete();
  }

  private note(what: string): void {
    this.log.push(`${String(this.now())} ${this.name} ${what}`);
  }
}

/** A lock whose life is a marble string. */
export interface FakeLock {
  /** With its subscriptions, as what `cold` makes. */
  readonly lock$: Observable<LockEvent<bigint>> & { readonly subscriptions: Subscriptions };
  /** The newest lease of each letter. */
  readonly leases: Partial<Record<'a' | 'b', FakeLease>>;
  /** What happened to the leases, with its time. */
  readonly log: string[];
  /** Called with each new lease, before it is announced. */
  prepare: (lease: FakeLease) => void;
}

/**
 * A lock that follows a diagram: `w` waiting, `x` waiting because the service is out of reach, `a` and `b` acquired,
 * `r` renewed, `u` uncertain, `l` and `m` lost (a, b), `f` and `g` released by `until` (a, b).
 */
export function fakeLock(m: Context, diagram: string, error?: unknown): FakeLock {
  const source = m.cold<string>(diagram, undefined, error);
  const now = (): number => m.scheduler.now();
  let token = 0n;
  const base = { name: 'x', at: 0 } as const;
  const events$ = new Observable<LockEvent<bigint>>((sink) => {
    const grant = (name: 'a' | 'b'): LockEvent<bigint> => {
      const lease = (lock.leases[name] = new FakeLease(name, ++token, now, lock.log));
      lease.tell = (event) => {
        sink.next(event);
        sink.complete();
      };
      sink.add(lease);
      lock.prepare(lease);
      return { ...base, type: 'acquired', lease };
    };
    const known = (name: 'a' | 'b'): FakeLease => lock.leases[name] as FakeLease;
    // Each event is made when it happens: what it does to its lease comes with it.
    const events: Record<string, () => LockEvent<bigint>> = {
      w: () => ({ ...base, type: 'waiting', attempt: 1 }),
      x: () => ({ ...base, type: 'waiting', attempt: 1, cause: new LockNetworkError('out of reach') }),
      a: () => grant('a'),
      b: () => grant('b'),
      r: () => ({ ...base, type: 'renewed', lease: known('a') }),
      u: () => ({ ...base, type: 'uncertain', lease: known('a'), remaining: 1 }),
      l: () => known('a').lose('refused', false),
      m: () => known('b').lose('refused', false),
      f: () => known('a').finish(),
      g: () => known('b').finish(),
    };
    return source.pipe(map((letter) => (events[letter] as () => LockEvent<bigint>)())).subscribe(sink);
  });
  const lock: FakeLock = {
    lock$: Object.assign(events$, { subscriptions: source.subscriptions as Subscriptions }),
    leases: {},
    log: [],
    prepare: () => undefined,
  };
  return lock;
}
