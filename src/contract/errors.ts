/**
 * The error family. One class for each thing that a caller would handle differently. No message ever holds a secret.
 */
import type { LostReason } from './lost-reason.js';
import { plainCause, plainFields } from './plain-error.js';

const BRANDS = Symbol.for('rxlock.error');

/** The `code` of each class, for an exhaustive `switch`. `'ERR_LOCK'` is that of the base alone. */
export type LockErrorCode =
  | 'ERR_LOCK'
  | 'ERR_LOCK_HELD'
  | 'ERR_LOCK_TIMEOUT'
  | 'ERR_LOCK_AUTHENTICATION'
  | 'ERR_LOCK_VALIDATION'
  | 'ERR_LOCK_NETWORK'
  | 'ERR_LOCK_LOST'
  | 'ERR_LOCK_CAPACITY'
  | 'ERR_LOCK_CLOSED'
  | 'ERR_LOCK_UNSUPPORTED'
  | 'ERR_LOCK_CONFIG';

/** What every error of this family may be given. */
export interface LockErrorOptions {
  /** What made it happen. */
  readonly cause?: unknown;
  /** The name of the lock, if one is concerned. */
  readonly name?: string | undefined;
}

/**
 * The base of every error that rxlock makes.
 *
 * `instanceof` works across the ESM and CJS builds and across copies of the package: it compares brands, not
 * constructors.
 */
export class LockError extends Error {
  /** The class's name, which no minifier changes. */
  static readonly brand: string = 'LockError';

  /** For programs: `'ERR_LOCK_…'`. */
  readonly code: LockErrorCode = 'ERR_LOCK';
  /** Could the same call succeed later without a change? */
  readonly retryable: boolean = false;
  /** The name of the lock, if one is concerned. */
  readonly lockName: string | undefined;

  constructor(message: string, options: LockErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.lockName = options.name;
  }

  /** The class's name. */
  override get name(): string {
    return (this.constructor as typeof LockError).brand;
  }

  /** Plain data, for logs: `name`, `message`, all its fields, and what its cause is called and says. */
  toJSON(): Record<string, unknown> {
    const { name, message, cause } = this;
    return { name, message, ...plainFields(this), ...(cause === undefined ? {} : { cause: plainCause(cause) }) };
  }

  /** @internal */
  get [BRANDS](): readonly string[] {
    const brands: string[] = [];
    for (let c = this.constructor; typeof c === 'function'; c = Object.getPrototypeOf(c) as typeof c) {
      if (Object.hasOwn(c, 'brand')) brands.push((c as typeof LockError).brand);
    }
    return brands;
  }

  /** `instanceof`, by brand. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    // A class derived by a user has no brand of its own: for it, only the prototype chain counts.
    if (!Object.hasOwn(this, 'brand')) return Object.prototype.isPrototypeOf.call(this.prototype, value);
    return (value as Partial<LockError>)[BRANDS]?.includes(this.brand) ?? false;
  }
}

/**
 * Somebody else has the lock, and you did not want to wait (`wait: false`), or `retry.count` is used up. Skip the work, or try later.
 *
 * @example
 * ```ts
 * import { createLocks, LockHeldError, memory } from 'rxlock';
 *
 * const locks = createLocks(memory());
 * await using other = await locks.acquire('report', '30s');
 * const error = await locks.acquire('report', '30s', { wait: false }).catch((error: unknown) => error);
 * if (error instanceof LockHeldError) console.log('not now:', error.holder, 'has it');
 * ```
 */
export class LockHeldError extends LockError {
  static override readonly brand = 'LockHeldError';

  override readonly code = 'ERR_LOCK_HELD';
  override readonly retryable = true;
  /** Who has it, where the service tells. */
  readonly holder: string | undefined;
  /** Until when, where the service tells. */
  readonly expiresAt: Date | undefined;
  /** For so many milliseconds the server does not want to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    options: LockErrorOptions & {
      readonly holder?: string | undefined;
      readonly expiresAt?: Date | undefined;
      readonly retryAfter?: number | undefined;
    } = {},
  ) {
    super(message, options);
    this.holder = options.holder;
    this.expiresAt = options.expiresAt;
    this.retryAfter = options.retryAfter;
  }
}

/**
 * One of two things:
 *
 * - You did not get the lock within `wait`. Try later. `cause` is a {@link LockHeldError}, if the service told who has the lock.
 * - Your work did not stop within `drainTimeout`. Then `retryable` is `false`, because the work may still run.
 *
 * @example
 * ```ts
 * import { createLocks, LockTimeoutError, memory } from 'rxlock';
 *
 * const locks = createLocks(memory());
 * await using other = await locks.acquire('report', '30s');
 * const error = await locks.acquire('report', '30s', { wait: '50ms' }).catch((error: unknown) => error);
 * if (error instanceof LockTimeoutError && error.retryable) console.log('try later');
 * ```
 */
export class LockTimeoutError extends LockError {
  static override readonly brand = 'LockTimeoutError';

  override readonly code = 'ERR_LOCK_TIMEOUT';
  /** `false` if the work did not stop in time: the same call would start it a second time. */
  override readonly retryable: boolean;

  constructor(message: string, options: LockErrorOptions & { readonly retryable?: boolean | undefined } = {}) {
    super(message, options);
    this.retryable = options.retryable ?? true;
  }
}

/** The server refuses the token, or the password. Check it. */
export class LockAuthenticationError extends LockError {
  static override readonly brand = 'LockAuthenticationError';

  override readonly code = 'ERR_LOCK_AUTHENTICATION';
}

/** A bad argument: a name, a ttl or an option. `option` names it. Correct the call. */
export class LockValidationError extends LockError {
  static override readonly brand = 'LockValidationError';

  override readonly code = 'ERR_LOCK_VALIDATION';
  /** Which argument or option. */
  readonly option: string | undefined;

  constructor(message: string, options: LockErrorOptions & { readonly option?: string | undefined } = {}) {
    super(message, options);
    this.option = options.option;
  }
}

/** The server could not be reached, or its answer makes no sense. Try later; `cause` says what went wrong. */
export class LockNetworkError extends LockError {
  static override readonly brand = 'LockNetworkError';

  override readonly code = 'ERR_LOCK_NETWORK';
  override readonly retryable = true;
  /** For so many milliseconds the server does not want to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(message: string, options: LockErrorOptions & { readonly retryAfter?: number | undefined } = {}) {
    super(message, options);
    this.retryAfter = options.retryAfter;
  }
}

/**
 * You had the lock, and lost it: `reason` says why. Others may have it now. Check what was done, and start again.
 *
 * @example
 * ```ts
 * import { createLocks, LockLostError, memory } from 'rxlock';
 *
 * const locks = createLocks(memory());
 * const error = await locks
 *   .using('report', '30s', async (lease) => {
 *     await locks.revoke('report'); // somebody takes it away
 *     lease.assertHeld();
 *   })
 *   .catch((error: unknown) => error);
 * if (error instanceof LockLostError) console.log('stopped halfway:', error.reason); // revoked
 * await locks.close();
 * ```
 */
export class LockLostError extends LockError {
  static override readonly brand = 'LockLostError';

  override readonly code = 'ERR_LOCK_LOST';
  override readonly retryable = true;
  /** Why. `undefined` if you gave the lock back, or unsubscribed. */
  readonly reason: LostReason | undefined;

  constructor(message: string, options: LockErrorOptions & { readonly reason?: LostReason | undefined } = {}) {
    super(message, options);
    this.reason = options.reason;
  }
}

/** A limit of the server is reached: too many locks, waiters or requests. Try later, or raise the limit. */
export class LockCapacityError extends LockError {
  static override readonly brand = 'LockCapacityError';

  override readonly code = 'ERR_LOCK_CAPACITY';
  override readonly retryable = true;
  /** For so many milliseconds the server does not want to be asked again. */
  readonly retryAfter: number | undefined;

  constructor(message: string, options: LockErrorOptions & { readonly retryAfter?: number | undefined } = {}) {
    super(message, options);
    this.retryAfter = options.retryAfter;
  }
}

/** `close()` was called: the program is shutting down. */
export class LockClosedError extends LockError {
  static override readonly brand = 'LockClosedError';

  override readonly code = 'ERR_LOCK_CLOSED';
}

/** The service cannot do this: see `backend.features`. The message names what it is. */
export class LockUnsupportedError extends LockError {
  static override readonly brand = 'LockUnsupportedError';

  override readonly code = 'ERR_LOCK_UNSUPPORTED';
}

/** The set-up is wrong: options that contradict each other, a missing package, an unknown URL. Correct the set-up. */
export class LockConfigError extends LockError {
  static override readonly brand = 'LockConfigError';

  override readonly code = 'ERR_LOCK_CONFIG';
  /** Which argument or option, if one is concerned. */
  readonly option: string | undefined;

  constructor(message: string, options: LockErrorOptions & { readonly option?: string | undefined } = {}) {
    super(message, options);
    this.option = options.option;
  }
}
