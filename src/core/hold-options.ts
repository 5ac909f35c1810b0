import { RENEW_RATIO, SAFETY_FACTOR } from '../keeping/lease-rule.js';
import { from, type ObservableInput } from 'rxjs';
import { parseDuration } from '../values/duration.js';
import { LockConfigError } from '../contract/errors.js';
import { refuseUnknown } from '../values/refuse-unknown.js';
import { requireCount } from '../values/require-count.js';
import { requireOnLost } from '../values/require-on-lost.js';
import { resolveRetry, type RetryPolicy } from '../values/retry-policy.js';
import { show } from '../values/show.js';
import type { Duration } from '../contract/time.js';
import type { LockBackend, TtlRange } from '../contract/backend.js';
import type {
  AcquireOptions,
  LockMode,
  LockOptions,
  LocksOptions,
  OnLost,
  SemaphoreOptions,
} from '../contract/options.js';
import { invalid } from '../values/invalid.js';

/** Options of a lock after validation: every default filled in, every duration in milliseconds. */
export interface HoldOptions {
  /** `true`: for ever. `false`: not at all. Else milliseconds. */
  readonly wait: boolean | number;
  readonly mode: LockMode;
  /** Of a semaphore. */
  readonly limit: number | undefined;
  /** Of a semaphore: how many of its permits. */
  readonly permits: number;
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
  mode: 'exclusive',
  limit: undefined,
  permits: 1,
  retry: resolveRetry(),
  signal: undefined,
  until: undefined,
  metadata: undefined,
  minHold: 0,
  maxHold: Infinity,
  renew: true,
  onLost: 'complete',
  renewRatio: RENEW_RATIO,
  safetyFactor: SAFETY_FACTOR,
};

/** Options of whatever may be a lock or a semaphore. */
type AnyOptions = LockOptions & AcquireOptions;

const ALL = Object.keys(DEFAULT_OPTIONS);
const ALL_OPTIONS: ReadonlySet<string> = new Set(ALL);
const LOCK_OPTIONS = without('limit', 'permits');
const SEMAPHORE_OPTIONS = without('limit', 'mode');
const LOCKS_OPTIONS = without('limit', 'permits', 'mode', 'signal', 'until');
for (const option of ['holder', 'prefix', 'clock', 'scheduler', 'random']) LOCKS_OPTIONS.add(option);

function without(...options: readonly string[]): Set<string> {
  return new Set(ALL.filter((option) => !options.includes(option)));
}

/**
 * Checks the options of a lock and fills in the defaults.
 *
 * @throws LockValidationError naming the option; LockConfigError for a relation between options that cannot work.
 */
export function resolveOptions(options: LockOptions | undefined, defaults: HoldOptions): HoldOptions {
  if (options === undefined) return defaults;
  refuseUnknown(options, LOCK_OPTIONS);
  return resolve(options, defaults);
}

/** As {@link resolveOptions}, for a semaphore. */
export function resolveSemaphore(limit: number, options: SemaphoreOptions, defaults: HoldOptions): HoldOptions {
  refuseUnknown(options, SEMAPHORE_OPTIONS);
  // A limit is what makes it a semaphore, whatever it is.
  return resolve({ ...options, limit: limit ?? NaN }, defaults);
}

/** As {@link resolveOptions}, for what is a semaphore if it has a `limit`. */
export function resolveEither(options: AcquireOptions | undefined, defaults: HoldOptions): HoldOptions {
  if (options === undefined) return defaults;
  refuseUnknown(options, ALL_OPTIONS);
  return resolve(options, defaults);
}

/** Checks the options of a `Locks`; the result serves as the defaults of its locks. */
export function resolveDefaults(options: LocksOptions): HoldOptions {
  refuseUnknown(options, LOCKS_OPTIONS);
  const { holder, prefix, clock, scheduler, random } = options;
  demand('holder', holder, typeof holder === 'string' && holder !== '', 'a string with something in it');
  demand('prefix', prefix, typeof prefix === 'string', 'a string');
  demand('clock', clock, isClock(clock), 'a Clock');
  demand('scheduler', scheduler, typeof scheduler?.schedule === 'function', 'a scheduler');
  demand('random', random, typeof random === 'function', 'a function');
  return resolve(options, DEFAULT_OPTIONS);
}

function resolve(options: AnyOptions, defaults: HoldOptions): HoldOptions {
  const resolved: HoldOptions = {
    wait: parseWait(either(options.wait, defaults.wait)),
    mode: either(options.mode, defaults.mode),
    limit: options.limit,
    permits: either(options.permits, defaults.permits),
    retry: options.retry === undefined ? defaults.retry : resolveRetry(options.retry),
    signal: options.signal,
    until: options.until,
    metadata: either(options.metadata, defaults.metadata),
    minHold: parseDuration(either(options.minHold, defaults.minHold), 'minHold'),
    maxHold: options.maxHold === undefined ? defaults.maxHold : parseDuration(options.maxHold, 'maxHold'),
    renew: either(options.renew, defaults.renew),
    onLost: either(options.onLost, defaults.onLost),
    renewRatio: either(options.renewRatio, defaults.renewRatio),
    safetyFactor: either(options.safetyFactor, defaults.safetyFactor),
  };
  check(resolved);
  checkMode(resolved.mode);
  if (resolved.limit !== undefined) checkSemaphore(resolved.limit, resolved);
  else if (options.permits !== undefined) throw invalid('permits', 'belong to a semaphore: give its limit too');
  return resolved;
}

/** `null` is no default: it is refused as what it is. */
function either<T>(given: T | undefined, otherwise: T): T {
  return given === undefined ? otherwise : given;
}

function isClock(clock: unknown): boolean {
  const { elapsed, date, monotonic } = (clock ?? {}) as Readonly<Record<string, unknown>>;
  return [elapsed, date, monotonic].every((read) => typeof read === 'function');
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
  // `'0.5' > 0` is true.
  if (!(typeof safetyFactor === 'number' && safetyFactor > 0 && safetyFactor <= 0.9)) {
    throw impossible('safetyFactor', `${show(safetyFactor)} is not between 0 and 0.9`);
  }
  if (!(typeof renewRatio === 'number' && renewRatio > 0 && renewRatio <= safetyFactor / 2)) {
    throw impossible('renewRatio', `${show(renewRatio)} is not between 0 and safetyFactor / 2`);
  }
  if (minHold > maxHold) {
    throw impossible('minHold', `(${String(minHold)} ms) is more than maxHold (${String(maxHold)} ms)`);
  }
  if (maxHold === 0) throw invalid('maxHold', '0 would release the lock at once');
  requireOnLost(onLost);
  demand('renew', renew, typeof renew === 'boolean', 'a boolean');
  demand('metadata', metadata, typeof metadata === 'string', 'a string');
  demand('until', until, until === undefined || isObservableInput(until), 'an Observable, a promise or an iterable');
  demand('signal', signal, typeof signal?.addEventListener === 'function', 'an AbortSignal');
}

/** @throws LockValidationError naming the option, if it is given and wrong. */
function demand(option: string, value: unknown, isRight: boolean, what: string): void {
  if (value !== undefined && !isRight) throw invalid(option, `${show(value)} is not ${what}`);
}

/** Whoever asks for an upgrade is told why there is none. */
function checkMode(mode: unknown): void {
  if (mode === 'exclusive' || mode === 'shared') return;
  if (typeof mode === 'string' && /^(up|down)grad/.test(mode)) {
    throw impossible(
      'mode',
      `${show(mode)}: two that share a lock would wait for each other for ever; release it first`,
    );
  }
  throw invalid('mode', `${show(mode)} is neither 'shared' nor 'exclusive'`);
}

function checkSemaphore(limit: number, { permits, mode }: HoldOptions): void {
  requireCount('limit', limit);
  requireCount('permits', permits);
  if (permits > limit) throw invalid('permits', `${show(permits)} is more than the limit, ${show(limit)}`);
  if (mode !== 'exclusive') throw impossible('mode', `${show(mode)}: a semaphore has no mode, but a limit`);
}

function isObservableInput(value: unknown): boolean {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  try {
    // Only looks at what it is: nothing is subscribed to.
    from(value as ObservableInput<unknown>);
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks a ttl for itself, whatever service it is for: a bare number below 1000 was meant as seconds.
 *
 * @returns Milliseconds.
 * @throws LockValidationError naming `ttl`.
 */
export function parseTtl(ttl: Duration): number {
  if (typeof ttl === 'number' && ttl > 0 && ttl < 1000) {
    const shown = String(ttl);
    throw invalid('ttl', `${shown} is ${shown} ms; write '${shown}s' for seconds`);
  }
  return parseDuration(ttl, 'ttl');
}

const DEFAULT_TTL: TtlRange = { min: 1000, max: 3_600_000, step: 1 };

/**
 * Checks a ttl against what the service can express.
 *
 * @returns Milliseconds.
 * @throws LockValidationError naming `ttl`.
 */
export function resolveTtl(ttl: Duration, backend: Pick<LockBackend, 'name' | 'ttl'>): number {
  const ms = parseTtl(ttl);
  const { min, max, step } = backend.ttl ?? DEFAULT_TTL;
  if (ms < min) throw invalid('ttl', `${show(ttl)} is less than ${String(min)} ms`);
  if (ms > max) throw invalid('ttl', `${show(ttl)} is more than ${String(max)} ms`);
  if (ms % step !== 0) {
    throw invalid('ttl', `${show(ttl)} is not a multiple of ${String(step)} ms: ${backend.name} counts those`);
  }
  return ms;
}

/**
 * Checks that a lock which is not renewed can live as long as its ttl.
 *
 * @throws LockConfigError naming `renew`.
 */
export function requireRenewal(ttl: number, { renew }: HoldOptions, backend: Pick<LockBackend, 'name' | 'ttl'>): void {
  if (renew) return;
  const longest = backend.ttl?.unrenewed ?? Infinity;
  if (ttl <= longest) return;
  throw impossible('renew', `false: ${backend.name} needs it after ${String(longest)} ms`);
}

/** A relation between options, above all between times, that cannot work. */
function impossible(option: string, why: string): LockConfigError {
  return new LockConfigError(`${option} ${why}`, { option });
}
