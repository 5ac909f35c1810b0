/**
 * The errors of the documented client. Each is also an error of rxlock's own family, so one `catch` serves both: an
 * `AcquireTimeoutError` of this subpath is a `LockTimeoutError` of `rxlock` as well.
 */
import { LockError as RootError, type LockErrorCode, type LockErrorOptions } from '../../errors.js';

const BRANDS = Symbol.for('rxlock.error');
/** Before the names, because those of the root are the same. */
const SPACE = 'dflockd/';

/** What every error of the drop-in client may be given. */
export interface DflockdErrorOptions extends LockErrorOptions {
  /** The error of rxlock's own family that this one stands for. */
  readonly root?: RootError | undefined;
}

/** The base of every error of the drop-in client; extends `LockError` of `rxlock`. */
export class LockError extends RootError {
  static override readonly brand: string = `${SPACE}LockError`;
  static override readonly name: string = 'LockError';
  /** The class of the root that it is one of. */
  protected static readonly kin: readonly [brand: string, code: LockErrorCode, retryable: boolean] = [
    'LockError',
    'ERR_LOCK',
    false,
  ];

  override readonly code: LockErrorCode;
  override readonly retryable: boolean;
  /** Which argument or option was bad, if one was. */
  readonly option: string | undefined;
  readonly #kin: readonly string[];

  constructor(message: string, options: DflockdErrorOptions = {}) {
    super(message, options);
    const { root } = options;
    const [brand, code, retryable] = (this.constructor as typeof LockError).kin;
    this.code = root?.code ?? code;
    this.retryable = root?.retryable ?? retryable;
    const option: unknown = root !== undefined && 'option' in root ? root.option : undefined;
    this.option = typeof option === 'string' ? option : undefined;
    this.#kin = root === undefined ? [brand] : [brand, root.name];
  }

  override get name(): string {
    return (this.constructor as typeof LockError).brand.replace(SPACE, '');
  }

  /** @internal */
  get [BRANDS](): readonly string[] {
    return [...(Reflect.get(RootError.prototype, BRANDS, this) as readonly string[]), ...this.#kin];
  }
}

/** The lock was not granted in time. A `LockTimeoutError` of `rxlock`. */
export class AcquireTimeoutError extends LockError {
  static override readonly brand = `${SPACE}AcquireTimeoutError`;
  static override readonly name = 'AcquireTimeoutError';
  protected static override readonly kin = ['LockTimeoutError', 'ERR_LOCK_TIMEOUT', true] as const;

  /** @param key Of the lock or semaphore. */
  constructor(key: string) {
    super(`timed out while acquiring '${key}'`, { name: key });
  }
}

/** The server does not accept the auth token, or wants one. A `LockAuthenticationError` of `rxlock`. */
export class AuthError extends LockError {
  static override readonly brand = `${SPACE}AuthError`;
  static override readonly name = 'AuthError';
  protected static override readonly kin = ['LockAuthenticationError', 'ERR_LOCK_AUTHENTICATION', false] as const;

  constructor(options: DflockdErrorOptions = {}) {
    super(options.root?.message ?? 'the server does not accept the auth token', options);
  }
}
