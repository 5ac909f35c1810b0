import { asyncScheduler, EMPTY, map, throwError, timer, type Observable, type SchedulerLike } from 'rxjs';
import { demanded } from './demanded.js';
import { LockError } from '../contract/errors.js';
import { invalid } from './invalid.js';
import { isObject } from './is-object.js';
import { requireFunction } from './require-function.js';
import { resolveRetry } from './retry-policy.js';
import { soundRandom } from './sound-random.js';
import type { RetryOptions } from '../contract/options.js';

/** Options of {@link backoff}. */
export interface BackoffOptions extends RetryOptions {
  /** What the delay runs on. `asyncScheduler` by default. */
  readonly scheduler?: SchedulerLike | undefined;
  /** A number in [0, 1). `Math.random` by default. */
  readonly random?: (() => number) | undefined;
}

/**
 * A delay that grows, for RxJS's own `retry({ delay })` and `repeat({ delay })`.
 *
 * A `LockError` that is not `retryable` is rethrown at once; a `retryAfter` that an error carries is never shortened.
 *
 * @param options `initial` (`'50ms'`), `max` (`'5s'`), `factor` (2), `jitter` (`'full'`), `count` (`Infinity`).
 * @throws LockValidationError for a bad option, naming it.
 *
 * @example
 * ```ts
 * import { backoff, createLocks, memory } from 'rxlock';
 * import { retry } from 'rxjs';
 *
 * const locks = createLocks(memory());
 * locks.lock$('report', '30s', { wait: false }).pipe(retry({ delay: backoff({ initial: '50ms', max: '2s' }) }));
 * ```
 */
export function backoff(options: BackoffOptions = {}): (errorOrCount: unknown, count?: number) => Observable<0> {
  // `null` has nothing to take apart.
  const { scheduler = asyncScheduler, random = Math.random, ...retry } = options ?? {};
  const policy = resolveRetry(isObject(options) ? retry : options, '');
  if (typeof scheduler?.schedule !== 'function') {
    throw invalid('scheduler', 'is not a scheduler');
  }
  requireFunction('random', random);
  const sound = soundRandom(random);
  return (errorOrCount, count) => {
    // `repeat` calls with the count alone, `retry` with the error and the count.
    const attempt = count ?? (errorOrCount as number);
    const error = count === undefined ? undefined : errorOrCount;
    if (error instanceof LockError && !error.retryable) return throwError(() => error);
    if (attempt > policy.count) return count === undefined ? EMPTY : throwError(() => error);
    const delay = Math.max(policy.delay(attempt, sound), demanded(error));
    return timer(delay, scheduler).pipe(map(() => 0 as const));
  };
}
