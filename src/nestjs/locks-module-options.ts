import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { LockBackend } from '../contract/backend.js';
import type { Locks } from '../contract/locks.js';
import type { LocksOptions } from '../contract/options.js';
import type { Duration } from '../contract/time.js';

/** How a module's `Locks` is closed, when the application is. */
export interface LocksShutdownOptions {
  /**
   * How long work under a lock may go on when the application closes; its locks are renewed. `'10s'` by default. Calls that wait for a
   * lock, and new ones, get `LockClosedError` at once.
   */
  readonly drain?: Duration | undefined;
  /**
   * In which hook of Nest. `'beforeApplicationShutdown'` (the default): while the connections of other modules are still there, for work
   * under a lock that needs them. `'onApplicationShutdown'`: after the last request was answered, for requests that come in
   * while the application is closing and need a lock.
   */
  readonly closeIn?: 'beforeApplicationShutdown' | 'onApplicationShutdown' | undefined;
}

/** Makes the `Locks` of a backend: the options are also those of `createLocks`. */
export interface LocksOfBackendOptions extends LocksOptions, LocksShutdownOptions {
  /**
   * What connects to the service, or a function that makes it. A backend is closed with the application: with a function, each
   * application that is made of this module has its own, as in tests.
   */
  readonly backend: LockBackend | (() => LockBackend);
  readonly locks?: undefined;
}

/** Takes a `Locks` that is there already. */
export interface ReadyLocksOptions extends LocksShutdownOptions {
  /** It is closed with the application. */
  readonly locks: Locks;
  readonly backend?: undefined;
}

/** Options of `LocksModule`: a `backend` with the options of `createLocks`, or `locks`. */
export type LocksModuleOptions = LocksOfBackendOptions | ReadyLocksOptions;

/** What `forRoot` and `forRootAsync` need to know at once. */
export interface NamedLocks {
  /**
   * If an application has several `Locks`: the name of this one, for `@InjectLocks(name)` and `@Locked(…, { locks: name })`. Without a
   * name it is the one that is injected as `Locks`.
   */
  readonly name?: string | undefined;
}

/** Options of `LocksModule.forRootAsync`. */
export interface LocksModuleAsyncOptions extends NamedLocks, Pick<ModuleMetadata, 'imports'> {
  /** The tokens of what the factory is called with. */
  readonly inject?: FactoryProvider['inject'];
  /** Gives the options of `forRoot`, or a promise of them. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Nest types what it injects into a factory
  readonly useFactory: (...args: any[]) => LocksModuleOptions | Promise<LocksModuleOptions>;
}
