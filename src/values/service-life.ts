import { concatMap, defer, ReplaySubject, takeUntil, throwError, type Observable } from 'rxjs';
import { LifeCycle, type LifeCycleOptions } from './life-cycle.js';
import type { Runtime } from '../contract/time.js';

export interface ServiceLifeOptions<T> extends LifeCycleOptions<T> {
  /** The time of who asks before any `Locks` was made. By default that is a `LockConfigError`. */
  readonly runtime?: Runtime;
}

/** The life of a backend whose answers take their time: some of them end with it. */
export class ServiceLife<T> extends LifeCycle<T> {
  // Whoever is told of the end, and asks again at once, must find it closed.
  private readonly closed$ = new ReplaySubject<void>(1);
  private readonly runtime: Runtime | undefined;

  constructor(options: ServiceLifeOptions<T>) {
    super(options);
    this.runtime = options.runtime;
  }

  override get working(): T {
    const isEarly = this.runtime !== undefined && this.opened === undefined && !this.isClosed;
    return isEarly ? this.open(this.runtime) : super.working;
  }

  /** What was opened, also while it closes. */
  get known(): T | undefined {
    return this.opened?.working;
  }

  /** For the locks, which see to their end themselves: what was begun before the close is carried on by what works. */
  use<R>(ask: (working: T) => Observable<R>): Observable<R> {
    return defer(() => ask(this.opened === undefined ? this.working : this.opened.working));
  }

  /** For what is asked on behalf of nobody's lock: it ends with the backend. */
  whileOpen<R>(ask: (working: T) => Observable<R>): Observable<R> {
    const ended$ = this.closed$.pipe(concatMap(() => throwError(this.options.closedError)));
    return this.use(ask).pipe(takeUntil(ended$));
  }

  protected override end(): Promise<void> {
    this.closed$.next();
    return super.end();
  }
}
