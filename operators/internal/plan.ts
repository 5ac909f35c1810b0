import { isObservable, type ObservableInput } from 'rxjs';
import { parseDuration } from '../../src/values/duration.js';
import { invalid } from '../../src/values/invalid.js';
import { refuseUnknown } from '../../src/values/refuse-unknown.js';
import { requireFunction } from '../../src/values/require-function.js';
import { requireOnLost } from '../../src/values/require-on-lost.js';
import { show } from '../../src/values/show.js';
import type { Lease } from '../../src/contract/lease.js';
import type { OnLost } from '../../src/contract/options.js';
import type { LockWorkOptions } from './lock-work-options.js';

/** What to do with a lock, after validation. */
export interface Plan<T, L> {
  readonly work: (lease: L) => ObservableInput<T>;
  readonly onLost: OnLost;
  readonly drain: ((lease: L) => ObservableInput<unknown>) | undefined;
  /** Milliseconds; the ttl of the lease if undefined. */
  readonly drainTimeout: number | undefined;
  /** Does the lock stay when the work has completed? */
  readonly endless: boolean;
}

const LOCK_WORK_OPTIONS: ReadonlySet<string> = new Set(['onLost', 'drain', 'drainTimeout']);

/** @throws LockValidationError naming the option. */
export function resolvePlan<T, L extends Lease<unknown>>(
  work: (lease: L) => ObservableInput<T>,
  options: LockWorkOptions<L>,
  known: ReadonlySet<string> = LOCK_WORK_OPTIONS,
): Plan<T, L> {
  requireFunction('work', work);
  refuseUnknown(options, known);
  const { onLost = 'error', drain, drainTimeout } = options;
  requireOnLost(onLost);
  if (drain !== undefined) requireFunction('drain', drain);
  return {
    work,
    onLost,
    drain,
    drainTimeout: drainTimeout === undefined ? undefined : parseDuration(drainTimeout, 'drainTimeout'),
    endless: false,
  };
}

/** @throws LockValidationError naming the argument. */
export function requireStream(option: string, value: unknown): void {
  if (!isObservable(value)) throw invalid(option, `${show(value)} is not an observable`);
}
