import { concatMap, defer, ReplaySubject, takeUntil, throwError, type Observable } from 'rxjs';
import { LockConfigError, type LockClosedError } from '../contract/errors.js';
import { deferred, type Deferred } from './deferred.js';
import { isSameClock } from './steady-clock.js';
import type { Runtime } from '../contract/time.js';

export interface LifeCycleOptions<T> {
  /** Whose it is, for messages: `'octostore'`. */
  readonly maker: string;
  /** Makes what works while the backend is open. */
  readonly start: (runtime: Runtime) => T;
  /** Ends it, whatever is under way; called once, also if nothing was ever opened. */
  readonly end: (working: T | undefined) => Promise<unknown>;
  /** What everything ends with that is asked after the close. */
  readonly closedError: () => LockClosedError;
  /** The time of who asks before any `Locks` was made. By default that is a `LockConfigError`. */
  readonly runtime?: Runtime;
}

/** A backend from its opening by the first `Locks` that uses it to its close. What is closed stays closed. */
export class LifeCycle<T> {
  // Whoever is told of the end, and asks again at once, must find it closed.
  private readonly closed$ = new ReplaySubject<void>(1);
  private opened: { readonly runtime: Runtime; readonly working: T } | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: LifeCycleOptions<T>) {}

  get isClosed(): boolean {
    return this.closing !== undefined;
  }

  /**
   * Starts it, unless that is done.
   *
   * @throws LockConfigError for another clock than before. LockClosedError after the close.
   */
  open(runtime: Runtime): T {
    const { maker, start, closedError } = this.options;
    if (this.isClosed) throw closedError();
    this.opened ??= { runtime, working: start(runtime) };
    if (isSameClock(this.opened.runtime.clock, runtime.clock)) return this.opened.working;
    throw new LockConfigError(`this ${maker}() is in use with another clock already; make one for each`);
  }

  /** What works. @throws LockConfigError before the opening, LockClosedError after the close. */
  get working(): T {
    const { maker, runtime, closedError } = this.options;
    if (this.isClosed) throw closedError();
    if (this.opened !== undefined) return this.opened.working;
    if (runtime === undefined) throw new LockConfigError(`${maker}() is a backend: give it to createLocks()`);
    return this.open(runtime);
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

  close(): Promise<void> {
    if (this.closing !== undefined) return this.closing;
    const { promise, resolve }: Deferred<void> = deferred();
    // Before anybody is told, who may close once more, or ask for something.
    this.closing = promise;
    this.closed$.next();
    resolve(this.end());
    return promise;
  }

  private async end(): Promise<void> {
    await this.options.end(this.opened?.working);
  }
}
