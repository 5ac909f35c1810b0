/**
 * The errors of the documented client. Each is also an error of rxlock's own family, so one `catch` serves both: a
 * `ResourceLockedError` of this subpath is a `LockHeldError` of `rxlock` as well.
 */
import { KinError, type KinErrorOptions } from '../../kin-error.js';
import type { ExecutionStats } from './types.js';

/** Before the names, so that no other error is one of these. */
const SPACE = 'redlock/';

/** A client's answer that a lock is another's: its vote against. A `LockHeldError` of `rxlock`. */
export class ResourceLockedError extends KinError {
  static override readonly brand = `${SPACE}ResourceLockedError`;
  static override readonly name = 'ResourceLockedError';
  protected static override readonly kin = ['LockHeldError', 'ERR_LOCK_HELD', true] as const;
}

/**
 * Too few clients agreed, in every attempt. It is also a `LockHeldError`, `LockNetworkError`, `LockLostError` or `LockClosedError` of
 * `rxlock`, which says why.
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import { LockNetworkError } from 'rxlock';
 * import Redlock, { ExecutionError } from 'rxlock/compat/redlock';
 *
 * const redlock = new Redlock([new Redis()], { retryCount: 0 });
 * const lock = await redlock.acquire(['report'], 5000);
 * const error = await redlock.acquire(['report'], 5000).catch((error: unknown) => error);
 * if (error instanceof LockNetworkError) console.error('Redis cannot be reached');
 * else if (error instanceof ExecutionError) console.log('somebody else has it', await Promise.all(error.attempts));
 * await lock.release();
 * await redlock.quit();
 * ```
 */
export class ExecutionError extends KinError {
  static override readonly brand = `${SPACE}ExecutionError`;
  static override readonly name = 'ExecutionError';

  /** @param attempts One for each round; they never reject. */
  constructor(
    message: string,
    /** What the clients answered: one for each attempt. None of them rejects. */
    readonly attempts: readonly Promise<ExecutionStats>[],
    options: KinErrorOptions = {},
  ) {
    super(message, options);
  }
}
