import { isObservable, type ObservableInput } from 'rxjs';
import { parseDuration } from '../../src/values/duration.js';
import { LockValidationError } from '../../src/contract/errors.js';
import { refuseUnknown } from '../../src/values/refuse-unknown.js';
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
  if (onLost !== 'error' && onLost !== 'complete' && onLost !== 'reacquire') {
    throw invalid('onLost', `${show(onLost)} is none of 'error', 'complete', 'reacquire'`);
  }
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
export function requireFunction(option: string, value: unknown): void {
  if (typeof value !== 'function') throw invalid(option, `${show(value)} is not a function`);
}

/** @throws LockValidationError naming the argument. */
export function requireStream(option: string, value: unknown): void {
  if (!isObservable(value)) throw invalid(option, `${show(value)} is not an observable`);
}

/** An error that names what is wrong. */
export function invalid(option: string, why: string): LockValidationError {
  return new LockValidationError(`${option} ${why}`, { option });
}

/** A value as an error may show it: short, and nothing of what is inside it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'object' && value !== null ? 'of type object' : String(value);
}
