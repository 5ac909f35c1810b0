/**
 * The errors of the documented client. Each is also an error of rxlock's own family, so one `catch` serves both: an
 * `AcquireTimeoutError` of this subpath is a `LockTimeoutError` of `rxlock` as well.
 */
import { KinError, type KinErrorOptions } from '../../kin-error.js';

/** Before the names, because those of the root are the same. */
const SPACE = 'dflockd/';
const FAILED = 'authentication failed';

/** The base of every error of the drop-in client; extends `LockError` of `rxlock`. */
export class LockError extends KinError {
  static override readonly brand: string = `${SPACE}LockError`;
  static override readonly name: string = 'LockError';

  /** Which argument or option was bad, if one was. */
  readonly option: string | undefined;

  constructor(message: string, options: KinErrorOptions = {}) {
    super(message, options);
    const { root } = options;
    const option: unknown = root !== undefined && 'option' in root ? root.option : undefined;
    this.option = typeof option === 'string' ? option : undefined;
  }

  /** The class's name. As every field of it, it can be assigned. */
  override get name(): string {
    return super.name;
  }

  /** Of this error only. */
  override set name(value: string) {
    Object.defineProperty(this, 'name', { value, configurable: true, writable: true });
  }
}

/** The lock was not granted in time. A `LockTimeoutError` of `rxlock`. */
export class AcquireTimeoutError extends LockError {
  static override readonly brand = `${SPACE}AcquireTimeoutError`;
  static override readonly name = 'AcquireTimeoutError';
  protected static override readonly kin = ['LockTimeoutError', 'ERR_LOCK_TIMEOUT', true] as const;

  /** @param key Of the lock or semaphore. */
  constructor(key: string) {
    super(`timeout acquiring '${key}'`, { name: key });
  }
}

/** The server does not accept the auth token, or wants one. A `LockAuthenticationError` of `rxlock`. */
export class AuthError extends LockError {
  static override readonly brand = `${SPACE}AuthError`;
  static override readonly name = 'AuthError';
  protected static override readonly kin = ['LockAuthenticationError', 'ERR_LOCK_AUTHENTICATION', false] as const;

  /** @param about What it says, by default `authentication failed`; or the error that it is made of. */
  constructor(about: string | KinErrorOptions = {}) {
    if (typeof about === 'string') super(about);
    else super(about.root === undefined ? FAILED : `${FAILED}: ${about.root.message}`, about);
  }
}
