import { concatMap, defer, lastValueFrom, ReplaySubject, Subject, takeUntil, throwError, type Observable } from 'rxjs';
import { LockConfigError } from '../../../contract/errors.js';
import type { Runtime } from '../../../contract/time.js';
import { closedError } from './closed-error.js';
import type { Transport } from '../wire/transport.js';

export interface LifeCycleOptions<T> {
  /** Whose it is, for messages: `'octostore'`. */
  readonly maker: string;
  readonly transport: Transport;
  /** Makes what works while the client is open. */
  readonly start: (runtime: Runtime) => T;
  /** Ends it, whatever is under way. */
  readonly end: (working: T) => Observable<never>;
}

/** A client from its opening by the first core that uses it to its close. */
export class LifeCycle<T> {
  // Whoever is told of the end, and asks again at once, must find it closed.
  private readonly closed$ = new ReplaySubject<void>(1);
  private opened: { readonly runtime: Runtime; readonly working: T } | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: LifeCycleOptions<T>) {}

  /** @throws LockConfigError for another clock than before. */
  open(runtime: Runtime): void {
    const { maker, start } = this.options;
    if (this.opened !== undefined && this.opened.runtime.clock !== runtime.clock) {
      throw new LockConfigError(`this ${maker}() is used with another clock already; make one for each`);
    }
    // What was closed before stays closed.
    if (this.closing === undefined) this.opened ??= { runtime, working: start(runtime) };
  }

  /** For the locks, which see to their end themselves. */
  use<R>(ask: (working: T) => Observable<R>): Observable<R> {
    return defer(() => {
      if (this.opened === undefined) {
        if (this.closing !== undefined) throw closedError();
        throw new LockConfigError(`${this.options.maker}() is a backend: give it to createLocks()`);
      }
      return ask(this.opened.working);
    });
  }

  /** For what is asked on behalf of nobody's lock: it ends with the client. */
  whileOpen<R>(ask: (working: T) => Observable<R>): Observable<R> {
    const ended$ = this.closed$.pipe(concatMap(() => throwError(closedError)));
    return this.use(ask).pipe(takeUntil(ended$));
  }

  close(): Promise<void> {
    if (this.closing !== undefined) return this.closing;
    const ended$ = new Subject<void>();
    this.closing = lastValueFrom(ended$, { defaultValue: undefined }).finally(() => this.options.transport.close());
    this.closed$.next();
    const { opened } = this;
    if (opened === undefined) ended$.complete();
    else this.options.end(opened.working).subscribe(ended$);
    return this.closing;
  }
}
