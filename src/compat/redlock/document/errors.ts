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
 * Too few clients did what was asked, in every round that there was. `attempts` says what each of them answered. By its
 * reason it is a `LockHeldError`, `LockNetworkError`, `LockLostError` or `LockClosedError` of `rxlock` as well.
 */
export class ExecutionError extends KinError {
  static override readonly brand = `${SPACE}ExecutionError`;
  static override readonly name = 'ExecutionError';

  /** @param attempts One for each round; they never reject. */
  constructor(
    message: string,
    readonly attempts: readonly Promise<ExecutionStats>[],
    options: KinErrorOptions = {},
  ) {
    super(message, options);
  }
}
