import { defer, isObservable, Observable } from 'rxjs';
import { unlessHeld } from '../../operators/internal/unless-held.js';
import { usingLock } from '../../operators/using-lock.js';
import { LockClosedError, LockConfigError } from '../contract/errors.js';
import type { Lease } from '../contract/lease.js';
import type { Locks } from '../contract/locks.js';
import type { Duration } from '../contract/time.js';
import { underLease } from './current-lease.js';
import type { LockedOptions } from './locked-types.js';

/** A method that is to run under a lock, and all that is needed for that. */
export interface LockedPlan {
  /** Class and method, for messages. */
  readonly title: string;
  readonly name: string | ((...args: never[]) => string);
  readonly ttl: Duration;
  readonly options: Omit<LockedOptions, 'returns' | 'locks'>;
  readonly method: (...args: unknown[]) => unknown;
  readonly locksOf: (self: unknown) => Locks;
}

/** Waits for the lock, and runs the method under it. */
export async function promiseLocked(plan: LockedPlan, self: unknown, args: unknown[]): Promise<unknown> {
  const { ttl, locksOf, method } = plan;
  const { skipIfHeld, ...options } = plan.options;
  const work = async (lease: Lease): Promise<unknown> => {
    const result = await underLease(lease, () => method.apply(self, args));
    // Whoever subscribed to it later would do so without the lock.
    if (isObservable(result)) throw missingReturns(plan);
    return result;
  };
  const name = nameFor(plan, self, args);
  const locks = locksOf(self);
  if (skipIfHeld !== true) return locks.using(name, ttl, work, options);
  let hasBegun = false;
  const begin = (lease: Lease): Promise<unknown> => {
    hasBegun = true;
    return work(lease);
  };
  return locks.tryUsing(name, ttl, begin, options).catch((error: unknown) => {
    // The application is closing: another one will do it.
    if (error instanceof LockClosedError && !hasBegun) return null;
    throw error;
  });
}

/** A stream that waits for the lock when it is subscribed to, then calls the method, and holds the lock as long as its stream runs. */
export function observableLocked(plan: LockedPlan, self: unknown, args: unknown[]): Observable<unknown> {
  const { ttl, locksOf, method } = plan;
  const { skipIfHeld, limit, drainTimeout, mode, permits, ...options } = plan.options;
  return defer(() => {
    const name = nameFor(plan, self, args);
    const locks = locksOf(self);
    const lock$ =
      limit === undefined
        ? locks.lock$(name, ttl, { ...options, mode })
        : locks.semaphore$(name, limit, ttl, { ...options, permits });
    return usingLock(
      skipIfHeld === true ? unlessHeld(lock$) : lock$,
      (lease) => streamUnder(lease, () => method.apply(self, args) as Observable<unknown>),
      { drainTimeout },
    );
  });
}

/** The method is called, and its stream subscribed to, where the lease is the current one. */
function streamUnder(lease: Lease, call: () => Observable<unknown>): Observable<unknown> {
  const result = underLease(lease, call);
  if (!isObservable(result)) return result;
  return new Observable((subscriber) => underLease(lease, () => result.subscribe(subscriber)));
}

function nameFor({ name }: LockedPlan, self: unknown, args: unknown[]): string {
  return typeof name === 'function' ? (name as (...args: unknown[]) => string).apply(self, args) : name;
}

function missingReturns({ title }: LockedPlan): LockConfigError {
  return new LockConfigError(
    `${title} returns an observable, and nothing says so before it is called: write @Locked(name, ttl, { returns: 'observable' })`,
    { option: 'returns' },
  );
}
