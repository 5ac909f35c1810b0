import { parseDuration } from './duration.js';
import { invalid } from './invalid.js';
import { refuseUnknown } from './refuse-unknown.js';
import { show } from './show.js';
import type { RetryOptions } from '../contract/options.js';

/** Retry options after validation. */
export interface RetryPolicy {
  /** The first delay. Milliseconds. */
  readonly initial: number;
  /** The longest delay. Milliseconds. */
  readonly max: number;
  readonly factor: number;
  readonly jitter: 'full' | 'none';
  /** How many retries before giving up. */
  readonly count: number;
  /** Milliseconds before retry number `attempt`, which counts from 1. */
  delay(attempt: number, random: () => number): number;
}

const RETRY_OPTIONS: ReadonlySet<string> = new Set(['initial', 'max', 'factor', 'jitter', 'count']);

/**
 * Checks retry options, names the one that is wrong, and fills in the defaults.
 *
 * @param prefix Of the options' names in errors.
 * @throws LockValidationError naming the option.
 */
export function resolveRetry(options: RetryOptions = {}, prefix = 'retry.'): RetryPolicy {
  const bad = (name: string, value: unknown, why: string): Error => invalid(prefix + name, `${show(value)} ${why}`);
  refuseUnknown(options, RETRY_OPTIONS, prefix);
  const { factor = 2, jitter = 'full', count = Infinity } = options;
  const { initial: first = '50ms', max: last = '5s' } = options;
  const initial = parseDuration(first, `${prefix}initial`);
  const max = parseDuration(last, `${prefix}max`);
  if (!isNumber(factor) || factor < 1 || factor === Infinity) {
    throw bad('factor', factor, 'is not a number of at least 1');
  }
  if (jitter !== 'full' && jitter !== 'none') throw bad('jitter', jitter, `is neither 'full' nor 'none'`);
  if (!isNumber(count) || count < 0) throw bad('count', count, 'is not a number of at least 0');
  if (initial > max) throw bad('initial', initial, `is more than ${prefix}max (${String(max)})`);
  return {
    initial,
    max,
    factor,
    jitter,
    count,
    delay(attempt, random) {
      // The power may be Infinity, and Infinity × 0 is no number.
      const ceiling = initial === 0 ? 0 : Math.min(max, initial * factor ** (attempt - 1));
      // At least 1 ms: a random source that says 0 must not make a busy loop.
      return jitter === 'none' ? ceiling : Math.min(ceiling, Math.max(1, Math.ceil(ceiling * random())));
    },
  };
}

/** `'2' >= 1` is true. */
function isNumber(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(value);
}
