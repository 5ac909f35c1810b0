import { MAX_DURATION, parseDuration } from './duration.js';
import { LockConfigError, LockValidationError } from './errors.js';
import { refuseUnknown } from './refuse-unknown.js';
import { resolveRetry, type RetryPolicy } from './retry-policy.js';
import type { Duration, LockBackend, LockOptions, LocksOptions, OnLost } from './types.js';

/** Options of a lock after validation: every default filled in, every duration in milliseconds. */
export interface HoldOptions {
  /** `true`: for ever. `false`: not at all. Else milliseconds. */
  readonly wait: boolean | number;
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  readonly until: LockOptions['until'];
  readonly metadata: string | undefined;
  readonly minHold: number;
  readonly maxHold: number;
  readonly renew: boolean;
  readonly onLost: OnLost;
  readonly renewRatio: number;
  readonly safetyFactor: number;
}

/** The defaults of a lock. */
export const DEFAULT_OPTIONS: HoldOptions = {
  wait: true,
  retry: resolveRetry(),
  signal: undefined,
  until: undefined,
  metadata: undefined,
  minHold: 0,
  maxHold: Infinity,
  renew: true,
  onLost: 'complete',
  renewRatio: 1 / 3,
  safetyFactor: 0.8,
};

const LOCK_OPTIONS = new Set(Object.keys(DEFAULT_OPTIONS));
const LOCKS_OPTIONS = new Set([...LOCK_OPTIONS, 'holder', 'prefix', 'clock', 'scheduler', 'random']);
LOCKS_OPTIONS.delete('signal');
LOCKS_OPTIONS.delete('until');

/**
 * Checks the options of a lock and fills in the defaults.
 *
 * @throws LockValidationError naming the option; LockConfigError for a relation between times that cannot work.
 */
export function resolveOptions(options: LockOptions, defaults: HoldOptions): HoldOptions {
  refuseUnknown(options, LOCK_OPTIONS);
  return resolve(options, defaults);
}

/** Checks the options of a `Locks`; the result serves as the defaults of its locks. */
export function resolveDefaults(options: LocksOptions): HoldOptions {
  refuseUnknown(options, LOCKS_OPTIONS);
  const { holder, prefix, clock, scheduler, random } = options;
  if (holder !== undefined && (typeof holder !== 'string' || holder === '')) {
    throw invalid('holder', 'holder is no string, or empty');
  }
  if (prefix !== undefined && typeof prefix !== 'string') throw invalid('prefix', 'prefix is not a string');
  if (clock !== undefined && typeof clock.elapsed !== 'function') throw invalid('clock', 'clock is not a Clock');
  if (scheduler !== undefined && typeof scheduler.schedule !== 'function') {
    throw invalid('scheduler', 'scheduler is not a scheduler');
  }
  if (random !== undefined && typeof random !== 'function') throw invalid('random', 'random is not a function');
  return resolve(options, DEFAULT_OPTIONS);
}

function resolve(options: LockOptions, defaults: HoldOptions): HoldOptions {
  const resolved: HoldOptions = {
    wait: options.wait === undefined ? defaults.wait : parseWait(options.wait),
    retry: options.retry === undefined ? defaults.retry : resolveRetry(options.retry),
    signal: options.signal,
    until: options.until,
    metadata: options.metadata ?? defaults.metadata,
    minHold: options.minHold === undefined ? defaults.minHold : parseDuration(options.minHold, 'minHold'),
    maxHold: options.maxHold === undefined ? defaults.maxHold : parseDuration(options.maxHold, 'maxHold'),
    renew: options.renew ?? defaults.renew,
    onLost: options.onLost ?? defaults.onLost,
    renewRatio: options.renewRatio ?? defaults.renewRatio,
    safetyFactor: options.safetyFactor ?? defaults.safetyFactor,
  };
  check(resolved);
  return resolved;
}

function parseWait(wait: boolean | Duration): boolean | number {
  return typeof wait === 'boolean' ? wait : parseDuration(wait, 'wait');
}

function check({
  until,
  safetyFactor,
  renewRatio,
  minHold,
  maxHold,
  onLost,
  renew,
  metadata,
  signal,
}: HoldOptions): void {
  if (!(safetyFactor > 0 && safetyFactor <= 0.9)) {
    throw new LockConfigError(`safetyFactor ${String(safetyFactor)} is not between 0 and 0.9`);
  }
  if (!(renewRatio > 0 && renewRatio <= safetyFactor / 2)) {
    throw new LockConfigError(
      `renewRatio ${String(renewRatio)} is not between 0 and safetyFactor / 2 (${String(safetyFactor / 2)})`,
    );
  }
  if (minHold > maxHold) {
    throw new LockConfigError(`minHold (${String(minHold)} ms) is more than maxHold (${String(maxHold)} ms)`);
  }
  if (maxHold === 0) throw invalid('maxHold', 'maxHold 0 would release the lock at once');
  if (onLost !== 'complete' && onLost !== 'error' && onLost !== 'reacquire') {
    throw invalid('onLost', `onLost ${show(onLost)} is none of 'complete', 'error', 'reacquire'`);
  }
  if (typeof renew !== 'boolean') throw invalid('renew', `renew ${show(renew)} is not a boolean`);
  if (metadata !== undefined && typeof metadata !== 'string') throw invalid('metadata', 'metadata is not a string');
  if (until !== undefined && (until === null || (typeof until !== 'object' && typeof until !== 'function'))) {
    throw invalid('until', `until ${show(until)} is nothing that RxJS's from() takes`);
  }
  if (signal !== undefined && typeof signal.addEventListener !== 'function') {
    throw invalid('signal', 'signal is not an AbortSignal');
  }
}

const DEFAULT_TTL: NonNullable<LockBackend['ttl']> = { min: 1000, max: 3_600_000, step: 1 };

/**
 * Checks a ttl against what the service can express.
 *
 * @returns Milliseconds.
 * @throws LockValidationError
 */
export function resolveTtl(ttl: Duration, backend: Pick<LockBackend, 'name' | 'ttl'>): number {
  if (typeof ttl === 'number' && ttl > 0 && ttl < 1000) {
    const shown = String(ttl);
    throw invalid('ttl', `ttl ${shown} is ${shown} ms; write '${shown}s' for seconds`);
  }
  const ms = parseDuration(ttl, 'ttl');
  const { min, max, step } = backend.ttl ?? DEFAULT_TTL;
  if (ms < min) throw invalid('ttl', `ttl ${show(ttl)} is less than ${String(min)} ms`);
  if (ms > Math.min(max, MAX_DURATION)) throw invalid('ttl', `ttl ${show(ttl)} is more than ${String(max)} ms`);
  if (ms % step !== 0) {
    throw invalid(
      'ttl',
      `ttl ${show(ttl)} is no multiple of ${String(step)} ms, which is all that ${backend.name} can express`,
    );
  }
  return ms;
}

function invalid(option: string, message: string): LockValidationError {
  return new LockValidationError(message, { option });
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}
