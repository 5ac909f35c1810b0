import { AsyncLocalStorage } from 'node:async_hooks';
import { LockConfigError } from '../contract/errors.js';
import type { Lease } from '../contract/lease.js';
import { onePerProcess } from '../values/one-per-process.js';

const leases = (): AsyncLocalStorage<Lease> =>
  onePerProcess(Symbol.for('rxlock.nestjs.leases'), () => new AsyncLocalStorage<Lease>());

/**
 * The lease of the `@Locked` method that is running, in whatever it calls and awaits: for its `signal` and its `fencingToken`.
 *
 * Within several, it is that of the innermost. In work that the method left behind when it ended, the lease is not held any more.
 *
 * @throws LockConfigError where no `@Locked` method is running.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { currentLease, Locked } from 'rxlock/nestjs';
 *
 * @Injectable()
 * class Reports {
 *   @Locked('nightly-report', '30s')
 *   async nightly(): Promise<void> {
 *     const { signal, fencingToken } = currentLease();
 *     signal.throwIfAborted(); // between two steps: stop if the lock is lost
 *     console.log('written with token', fencingToken);
 *   }
 * }
 * console.log(Reports.name);
 * ```
 */
export function currentLease(): Lease {
  const lease = leases().getStore();
  if (lease === undefined) throw new LockConfigError('currentLease(): no @Locked method is running here');
  return lease;
}

/** Calls something for which, and for all that it starts, this is the current lease. */
export function underLease<R>(lease: Lease, call: () => R): R {
  return leases().run(lease, call);
}
