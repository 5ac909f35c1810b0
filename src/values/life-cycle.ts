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
  readonly end: (working: T | undefined) => unknown;
  /** What everything ends with that is asked after the close. */
  readonly closedError: () => LockClosedError;
}

/** A backend from its opening by the first `Locks` that uses it to its close. What is closed stays closed. */
export class LifeCycle<T> {
  protected opened: { readonly runtime: Runtime; readonly working: T } | undefined;
  private closing: Promise<void> | undefined;

  constructor(protected readonly options: LifeCycleOptions<T>) {}

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
    const { maker, closedError } = this.options;
    if (this.isClosed) throw closedError();
    if (this.opened !== undefined) return this.opened.working;
    throw new LockConfigError(`${maker}() is a backend: give it to createLocks()`);
  }

  close(): Promise<void> {
    if (this.closing !== undefined) return this.closing;
    const { promise, resolve }: Deferred<void> = deferred();
    // Before anybody is told, who may close once more, or ask for something.
    this.closing = promise;
    resolve(this.end());
    return promise;
  }

  protected async end(): Promise<void> {
    await this.options.end(this.opened?.working);
  }
}
