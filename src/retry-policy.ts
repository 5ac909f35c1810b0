import { parseDuration } from './duration.js';
import { LockValidationError } from './errors.js';
import { refuseUnknown } from './refuse-unknown.js';
import type { RetryOptions } from './types.js';

/** Retry options after validation. */
export interface RetryPolicy {
  /** How many retries before giving up. */
  readonly count: number;
  /** Milliseconds before retry number `attempt`, which counts from 1. */
  delay(attempt: number, random: () => number): number;
}

const RETRY_OPTIONS: ReadonlySet<string> = new Set(['initial', 'max', 'factor', 'jitter', 'count']);

/** Checks retry options, names the one that is wrong, and fills in the defaults. */
export function resolveRetry(options: RetryOptions = {}): RetryPolicy {
  refuseUnknown(options, RETRY_OPTIONS, 'retry.');
  const { factor = 2, jitter = 'full', count = Infinity } = options;
  const initial = parseDuration(options.initial ?? '50ms', 'retry.initial');
  const max = parseDuration(options.max ?? '5s', 'retry.max');
  if (!(factor >= 1 && factor < Infinity)) throw invalid('factor', factor, 'is not a number of at least 1');
  if (jitter !== 'full' && jitter !== 'none') throw invalid('jitter', jitter, `is neither 'full' nor 'none'`);
  if (!(count >= 0)) throw invalid('count', count, 'is not a number of at least 0');
  if (initial > max) throw invalid('initial', initial, `is more than retry.max (${String(max)})`);
  return {
    count,
    delay(attempt, random) {
      // The power may be Infinity, and Infinity × 0 is no number.
      const ceiling = initial === 0 ? 0 : Math.min(max, initial * factor ** (attempt - 1));
      // At least 1 ms: a random source that says 0 must not make a busy loop.
      return jitter === 'none' ? ceiling : Math.min(ceiling, Math.max(1, Math.ceil(ceiling * random())));
    },
  };
}

function invalid(option: string, value: unknown, why: string): LockValidationError {
  return new LockValidationError(`retry.${option} ${String(value)} ${why}`, { option: `retry.${option}` });
}
