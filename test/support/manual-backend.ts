import { Observable, Subject, type Subscriber } from 'rxjs';
import type {
  AcquireRequest,
  AcquireSignal,
  Bounds,
  Grant,
  LockBackend,
  Released,
  Renewal,
  Revocation,
} from '../../src/contract/backend.js';
import type { LockStatus } from '../../src/contract/status.js';
import type { Runtime } from '../../src/contract/time.js';

interface ManualFeatures {
  fencing: true;
  fifo: boolean;
  push: boolean;
  semaphore: boolean;
  permits: boolean;
  shared: boolean;
  metadata: true;
  minHold: boolean;
}

/** One call of the core, answered by the test whenever it likes. */
export class Call<T, A> {
  open = true;

  constructor(
    readonly args: T,
    /** On `clock.elapsed`. */
    readonly at: number,
    private readonly sink: Subscriber<A>,
  ) {}

  next(answer: A): void {
    this.sink.next(answer);
  }

  done(...answers: A[]): void {
    for (const answer of answers) this.sink.next(answer);
    this.sink.complete();
  }

  fail(error: unknown): void {
    this.sink.error(error);
  }
}

export class Acquisition extends Call<AcquireRequest, AcquireSignal> {
  /** Grants as a service would: counted from the send time unless the test says otherwise. */
  grant(bounds: Bounds = [{ sentAt: this.at, ttl: this.args.ttl }], confirm = false): Grant {
    const grant: Grant = { name: this.args.name, fencingToken: ++token };
    this.done({ type: 'granted', grant, bounds, confirm });
    return grant;
  }

  held(fields: Partial<Extract<AcquireSignal, { type: 'held' }>> = {}): void {
    this.done({ type: 'held', ...fields });
  }
}

let token = 0n;

interface Batch {
  readonly grants: readonly Grant[];
  readonly ttls: readonly number[];
}

export class Renewing extends Call<Batch, Renewal> {
  /** Confirms every member, counted from the send time. */
  confirm(): void {
    this.args.ttls.forEach((ttl, index) => {
      this.next({ index, outcome: 'renewed', bounds: [{ sentAt: this.at, ttl }] });
    });
    this.done();
  }

  refuse(): void {
    this.args.ttls.forEach((_, index) => {
      this.next({ index, outcome: 'refused' });
    });
    this.done();
  }
}

export class Releasing extends Call<
  { readonly grants: readonly Grant[]; readonly keepFor: readonly number[] },
  Released
> {
  confirm(outcome: Released['outcome'] = 'released'): void {
    this.args.grants.forEach((_, index) => {
      this.next({ index, outcome });
    });
    this.done();
  }
}

/** A backend that does nothing by itself: the test sees each call and answers it when and how it likes. */
export class ManualBackend implements LockBackend<ManualFeatures> {
  readonly name = 'manual';
  readonly features: ManualFeatures;
  readonly acquired: Acquisition[] = [];
  readonly renewals: Renewing[] = [];
  readonly releases: Releasing[] = [];
  readonly revoked$ = new Subject<Revocation>();
  readonly statuses = new Subject<LockStatus>();
  watchers = 0;
  /** Answers at once, if set. */
  onAcquire: ((call: Acquisition) => void) | undefined;
  onRenew: ((call: Renewing) => void) | undefined;
  onRelease: ((call: Releasing) => void) | undefined = (call) => {
    call.confirm();
  };
  closed = 0;
  private runtime: Runtime | undefined;

  constructor(features: Partial<ManualFeatures> = {}) {
    this.features = {
      fencing: true,
      fifo: false,
      push: false,
      semaphore: true,
      permits: true,
      shared: true,
      metadata: true,
      minHold: false,
      ...features,
    };
  }

  open(runtime: Runtime): void {
    this.runtime = runtime;
  }

  acquire(request: AcquireRequest): Observable<AcquireSignal> {
    return this.call(
      this.acquired,
      () => this.onAcquire,
      (sink) => new Acquisition(request, this.now, sink),
    );
  }

  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal> {
    return this.call(
      this.renewals,
      () => this.onRenew,
      (sink) => new Renewing({ grants, ttls }, this.now, sink),
    );
  }

  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released> {
    return this.call(
      this.releases,
      () => this.onRelease,
      (sink) => new Releasing({ grants, keepFor }, this.now, sink),
    );
  }

  watch(): Observable<LockStatus> {
    return new Observable((sink) => {
      this.watchers++;
      sink.add(this.statuses.subscribe(sink));
      return () => {
        this.watchers--;
      };
    });
  }

  status(): Observable<LockStatus> {
    return this.statuses;
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  private get now(): number {
    return this.runtime?.clock.elapsed() ?? Number.NaN;
  }

  private call<C extends Call<unknown, A>, A>(
    calls: C[],
    answer: () => ((call: C) => void) | undefined,
    make: (sink: Subscriber<A>) => C,
  ): Observable<A> {
    return new Observable((sink) => {
      const call = make(sink);
      calls.push(call);
      answer()?.(call);
      return () => {
        call.open = false;
      };
    });
  }
}
