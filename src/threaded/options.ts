import type { Duration } from '../contract/time.js';

/** Options of {@link threaded}. */
export interface ThreadedOptions<Args extends readonly unknown[] = readonly unknown[]> {
  /** Where the backend is: the name of a package (`'rxlock/octostore'`), or the address of a file, as `new URL('./locks.js', import.meta.url)`. */
  readonly module: string | URL;
  /** What makes the backend: the name of a function that the module exports, which may be async. */
  readonly export: string;
  /** What that is given, in this order. Data only: it goes to the worker. `[]` by default. */
  readonly args?: Args | undefined;
  /** A main thread that stands still for longer holds no lock any more. 10 × ttl by default, at least a minute. */
  readonly stallLimit?: Duration | undefined;
  /** Options of Node for the worker, such as a loader that `module` needs: `['--import', 'tsx']`. None by default, whatever the program was given. */
  readonly execArgv?: readonly string[] | undefined;
  /** Where the worker's file is. Needed only where this package is bundled: a bundle of `rxlock/threaded/worker`. */
  readonly worker?: string | URL | undefined;
}
