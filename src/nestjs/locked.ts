import { LockConfigError } from '../contract/errors.js';
import type { Duration } from '../contract/time.js';
import { checkLocked } from './check-locked.js';
import { copyLikeness, writtenReturnType } from './copy-likeness.js';
import { injectedLocks } from './injected-locks.js';
import { observableLocked, promiseLocked, type LockedPlan } from './locked-call.js';
import type { LockedMethod, LockedOptions, SkippedMethod } from './locked-types.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Runs a method of a provider or a controller under a lock of the `LocksModule`.
 *
 * - A method that returns a promise, or a plain value: the call waits for the lock, which is renewed until the promise has settled. The result is
 *   a promise. If the lock was lost before that, it rejects with `LockLostError`; `currentLease().signal` aborts at once.
 * - A method that returns an observable: each subscription waits for the lock, and then calls the method. The lock is held until the
 *   observable ends or is unsubscribed. After a loss it is unsubscribed in the same tick, and the result errors with `LockLostError`.
 *
 * Above or below other decorators, such as `@Cron` or `@Get`: they see the method's own name, parameters and metadata. Subclasses inherit it.
 * If the application has no `LocksModule`, it does not start.
 *
 * @param name The name of the lock; or a function that makes it of the method's arguments, with the method's `this`.
 * @param ttl How long the service keeps the lock if it hears nothing from this program.
 * @param options Those of `using`, and `skipIfHeld`, `returns`, `locks`.
 * @throws LockValidationError, LockConfigError for bad arguments, where the class is declared. A call fails with what `using` and
 * `usingLock` fail with, and with LockConfigError on an object that Nest has not made.
 *
 * @example
 * ```ts
 * import { Injectable, Module } from '@nestjs/common';
 * import { NestFactory } from '@nestjs/core';
 * import { memory } from 'rxlock';
 * import { currentLease, Locked, LocksModule } from 'rxlock/nestjs';
 *
 * @Injectable()
 * class Orders {
 *   @Locked((id: number) => `orders/${id}`, '30s', { wait: '5s' })
 *   async charge(id: number, amount: number): Promise<string> {
 *     return `order ${id}: ${amount}, token ${currentLease().fencingToken}`;
 *   }
 * }
 *
 * @Module({ imports: [LocksModule.forRoot({ backend: () => memory() })], providers: [Orders] })
 * class AppModule {}
 *
 * const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
 * console.log(await app.get(Orders).charge(7, 100)); // order 7: 100, token 1
 * await app.close();
 * ```
 */
export function Locked<A extends unknown[] = []>(
  name: string | ((...args: A) => string),
  ttl: Duration,
  options: LockedOptions & { readonly skipIfHeld: true },
): SkippedMethod<A>;
export function Locked<A extends unknown[] = []>(
  name: string | ((...args: A) => string),
  ttl: Duration,
  options?: LockedOptions,
): LockedMethod<A>;
export function Locked(
  name: LockedPlan['name'],
  ttl: Duration,
  options: LockedOptions = {},
): (target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<Method>) => void {
  checkLocked(name, ttl, options);
  const { returns, locks, ...holding } = options;
  return (target, key, descriptor) => {
    const title = requireMethod(target, key, descriptor);
    const method = descriptor.value as Method;
    const plan: LockedPlan = {
      title,
      name,
      ttl,
      options: holding,
      method,
      locksOf: injectedLocks(target, title, locks),
    };
    const run = returnsObservable(returns, target, key) ? observableLocked : promiseLocked;
    const locked: Method = function (...args) {
      return run(plan, this, args);
    };
    descriptor.value = copyLikeness(locked, method);
  };
}

function returnsObservable(returns: LockedOptions['returns'], target: object, key: string | symbol): boolean {
  if (returns !== undefined) return returns === 'observable';
  const type = writtenReturnType(target, key) as { readonly prototype?: object } | undefined;
  const { subscribe, pipe } = (type?.prototype ?? {}) as Readonly<Record<string, unknown>>;
  return typeof subscribe === 'function' && typeof pipe === 'function';
}

/**
 * Refuses what is no method of an object that Nest makes.
 *
 * @returns What to call it.
 */
function requireMethod(target: unknown, key: unknown, descriptor: TypedPropertyDescriptor<Method> | undefined): string {
  if (typeof key === 'object' && key !== null) {
    throw new LockConfigError('@Locked needs `"experimentalDecorators": true` in tsconfig.json, as Nest itself does');
  }
  const isStatic = typeof target === 'function';
  const { name } = isStatic ? target : (target as object).constructor;
  const title = `${name}.${String(key)}`;
  if (isStatic) throw new LockConfigError(`@Locked is on the static ${title}: it needs a method of an object`);
  if (typeof descriptor?.value === 'function') return title;
  throw new LockConfigError(`@Locked is on ${title}, which is no method: write \`${String(key)}() { … }\``);
}
