import { catchError, defer, firstValueFrom, map, of, throwError, timeout, type Observable } from 'rxjs';
import { LockConfigError, LockError, LockUnsupportedError } from '../contract/errors.js';
import type { Locks } from '../contract/locks.js';
import type { Duration } from '../contract/time.js';
import { parseDuration } from '../values/duration.js';

/** What `@nestjs/terminus` wants of a health indicator. */
export type LocksHealth<Key extends string = string> = Record<
  Key,
  { readonly status: 'up' } | { readonly status: 'down'; readonly message: string; readonly code?: string }
>;

/** Options of {@link LocksHealthIndicator.pingCheck}. */
export interface LocksPingOptions {
  /** Which locks. By default those of the `LocksModule` that has no name. */
  readonly locks?: Pick<Locks, 'ping'> | undefined;
  /** After which time without an answer it is down. `'1s'` by default. */
  readonly timeout?: Duration | undefined;
}

/**
 * Tells `@nestjs/terminus` (11 or newer) whether the lock service answers. `LocksModule` provides it.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { NestFactory } from '@nestjs/core';
 * import { memory } from 'rxlock';
 * import { LocksHealthIndicator, LocksModule } from 'rxlock/nestjs';
 *
 * @Module({ imports: [LocksModule.forRoot({ backend: () => memory() })] })
 * class AppModule {}
 *
 * const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
 * const indicator = app.get(LocksHealthIndicator);
 * // In a controller: this.health.check([() => indicator.pingCheck('locks')])
 * console.log(await indicator.pingCheck('locks')); // { locks: { status: 'up' } }
 * await app.close();
 * ```
 */
export class LocksHealthIndicator {
  constructor(private readonly locks?: Pick<Locks, 'ping'>) {}

  /**
   * Pings the service.
   *
   * @param key What it is called in the answer.
   * @returns `up`, or `down` with what is wrong. Rejects with LockUnsupportedError if the service cannot be pinged, and with
   * LockConfigError if there are no locks to ask.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { LocksHealthIndicator } from 'rxlock/nestjs';
   *
   * const indicator = new LocksHealthIndicator(createLocks(memory()));
   * console.log(await indicator.pingCheck('locks', { timeout: '2s' })); // { locks: { status: 'up' } }
   * ```
   */
  async pingCheck<const Key extends string>(key: Key, options: LocksPingOptions = {}): Promise<LocksHealth<Key>> {
    const { locks = this.locks, timeout: limit = '1s' } = options;
    if (locks === undefined) {
      throw new LockConfigError('pingCheck: there is no LocksModule without a name: give it `locks`', {
        option: 'locks',
      });
    }
    const each = parseDuration(limit, 'timeout');
    const health$ = defer(() => locks.ping()).pipe(
      map((): LocksHealth[string] => ({ status: 'up' })),
      timeout({ each, with: () => of(down(`no answer within ${String(each)} ms`)) }),
      catchError(downOr),
    );
    return { [key]: await firstValueFrom(health$) } as LocksHealth<Key>;
  }
}

/** That a service cannot be asked does not mean that it is down. */
function downOr(error: unknown): Observable<LocksHealth[string]> {
  if (error instanceof LockUnsupportedError || !(error instanceof LockError)) return throwError(() => error);
  return of(down(error.message, error.code));
}

function down(message: string, code?: string): LocksHealth[string] {
  return { status: 'down', message, ...(code === undefined ? {} : { code }) };
}
