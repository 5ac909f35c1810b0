import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { Locks } from '../contract/locks.js';
import { invalid } from '../values/invalid.js';
import { LocksHealthIndicator } from './locks-health-indicator.js';
import { checkOptions, locksOf, type LocksOfModule } from './locks-of.js';
import { LocksShutdown } from './locks-shutdown.js';
import { getLocksToken } from './get-locks-token.js';
import type { LocksModuleAsyncOptions, LocksModuleOptions, NamedLocks } from './locks-module-options.js';

/**
 * Provides `Locks` to a whole Nest application, for injection and for `@Locked`, and closes it with the application. Call
 * `app.enableShutdownHooks()`, so that Nest closes at SIGTERM.
 *
 * @example
 * ```ts
 * import { Injectable, Module } from '@nestjs/common';
 * import { NestFactory } from '@nestjs/core';
 * import { Locks, memory } from 'rxlock';
 * import { LocksModule } from 'rxlock/nestjs';
 *
 * @Injectable()
 * class Reports {
 *   constructor(private readonly locks: Locks) {}
 *
 *   nightly(): Promise<string | null> {
 *     return this.locks.tryUsing('nightly-report', '30s', async () => 'done');
 *   }
 * }
 *
 * @Module({ imports: [LocksModule.forRoot({ backend: () => memory(), drain: '10s' })], providers: [Reports] })
 * class AppModule {}
 *
 * const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
 * console.log(await app.get(Reports).nightly()); // done
 * await app.close();
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a module of Nest is a class
export class LocksModule {
  /**
   * For options that are known when the application is declared. Import it once, in the root module: it is global.
   *
   * @param options `backend` with the options of `createLocks`, or `locks`; `name`, `drain`, `closeIn`.
   * @throws LockValidationError, LockConfigError for bad options, with the `option`.
   *
   * @example
   * ```ts
   * import { memory } from 'rxlock';
   * import { LocksModule } from 'rxlock/nestjs';
   *
   * const imports = [
   *   LocksModule.forRoot({ backend: () => memory(), prefix: 'billing/' }),
   *   LocksModule.forRoot({ name: 'audit', backend: () => memory() }), // a second one, with a name
   * ];
   * console.log(imports.length);
   * ```
   */
  static forRoot(options: LocksModuleOptions & NamedLocks): DynamicModule {
    const { name, ...rest } = options ?? {};
    checkOptions(rest);
    return moduleFor(name, { useFactory: () => rest });
  }

  /**
   * For options that need other providers, or a promise.
   *
   * @throws LockValidationError for a bad `name`, or no `useFactory`. Bad options keep the application from starting.
   *
   * @example
   * ```ts
   * import { locksFromUrl } from 'rxlock/auto';
   * import { LocksModule } from 'rxlock/nestjs';
   *
   * const locksModule = LocksModule.forRootAsync({
   *   useFactory: async () => ({ locks: await locksFromUrl(process.env.RXLOCK_URL ?? 'memory:') }),
   * });
   * console.log(locksModule.global);
   * ```
   */
  static forRootAsync(options: LocksModuleAsyncOptions): DynamicModule {
    const { name, ...factory } = options ?? {};
    if (typeof factory.useFactory !== 'function') throw invalid('useFactory', 'is not a function');
    return moduleFor(name, factory);
  }
}
// What a decorator does; the sources have none, so that they need no option of the compiler.
Module({})(LocksModule);

/** Nest tells modules of one class apart by what is in them. */
function moduleFor(
  name: string | undefined,
  { imports = [], inject = [], useFactory }: Omit<LocksModuleAsyncOptions, 'name'>,
): DynamicModule {
  if (name !== undefined && (typeof name !== 'string' || name === '')) throw invalid('name', 'is not a name');
  const token = getLocksToken(name);
  const made = `rxlock/module/${name ?? ''}`;
  const providers: Provider[] = [
    { provide: made, inject, useFactory: async (...args: unknown[]) => locksOf(await useFactory(...args)) },
    { provide: token, inject: [made], useFactory: ({ locks }: LocksOfModule) => locks },
    {
      provide: LocksShutdown,
      inject: [made, token],
      useFactory: (of: LocksOfModule, provided: Locks) => new LocksShutdown(of, provided),
    },
    {
      provide: LocksHealthIndicator,
      inject: [{ token: Locks, optional: true }],
      useFactory: (locks?: Locks) => new LocksHealthIndicator(locks),
    },
  ];
  return { module: LocksModule, global: true, imports, providers, exports: [token, LocksHealthIndicator] };
}
