/**
 * The errors of the documented clients. Each is also an error of rxlock's own family, so one `catch` serves both:
 * a `LockHeldError` of this subpath is an `OctoStoreError`, and a `LockHeldError` of `rxlock` as well.
 */
import type { LostReason } from '../../../contract/lease.js';
import { KinError, type KinErrorOptions } from '../../kin-error.js';

/** Before the names, because those of the root are the same. */
const SPACE = 'octostore/';

/** What every error of the drop-in client may be given. */
export interface OctoStoreErrorOptions extends KinErrorOptions {
  /** The HTTP status, if the server answered. */
  readonly status?: number | undefined;
  /** The server's own word for it: `'lease_not_current'`. */
  readonly serverCode?: string | undefined;
  /** Milliseconds before which the server wants no other attempt. */
  readonly retryAfter?: number | undefined;
}

/** The base of every error of {@link OctoStoreClient}; extends `LockError` of `rxlock`. */
export class OctoStoreError extends KinError {
  static override readonly brand: string = `${SPACE}OctoStoreError`;
  static override readonly name: string = 'OctoStoreError';

  /** The HTTP status, if the server answered. */
  readonly status: number | undefined;
  /** The server's own word for it, if it has one: `'lease_not_current'`. */
  readonly serverCode: string | undefined;
  /** Milliseconds before which the server wants no other attempt. */
  readonly retryAfter: number | undefined;

  constructor(message: string, options: OctoStoreErrorOptions = {}) {
    super(message, options);
    this.status = options.status;
    this.serverCode = options.serverCode;
    this.retryAfter = options.retryAfter;
  }
}

/** The server does not accept the token. A `LockAuthenticationError` of `rxlock`. */
export class AuthenticationError extends OctoStoreError {
  static override readonly brand = `${SPACE}AuthenticationError`;
  static override readonly name = 'AuthenticationError';
  protected static override readonly kin = ['LockAuthenticationError', 'ERR_LOCK_AUTHENTICATION', false] as const;
}

/** The server could not be reached, or did not answer in time or in its own language. A `LockNetworkError` of `rxlock`. */
export class NetworkError extends OctoStoreError {
  static override readonly brand = `${SPACE}NetworkError`;
  static override readonly name = 'NetworkError';
  protected static override readonly kin = ['LockNetworkError', 'ERR_LOCK_NETWORK', true] as const;
}

/** Anything else about a lock: a lease that is not current any more, a limit of the server. */
export class LockError extends OctoStoreError {
  static override readonly brand: string = `${SPACE}LockError`;
  static override readonly name: string = 'LockError';

  /** Why the lock was lost, if it was. */
  readonly reason: LostReason | undefined;

  constructor(message: string, options: OctoStoreErrorOptions & { readonly reason?: LostReason | undefined } = {}) {
    super(message, options);
    this.reason = options.reason;
  }
}

/** Somebody else has the lock. A `LockHeldError` of `rxlock`. */
export class LockHeldError extends LockError {
  static override readonly brand = `${SPACE}LockHeldError`;
  static override readonly name = 'LockHeldError';
  protected static override readonly kin = ['LockHeldError', 'ERR_LOCK_HELD', true] as const;

  /** Who has it, where the server tells. */
  readonly holder_id: string | undefined;
  /** Until when, where the server tells. ISO 8601, by the server's clock. */
  readonly expires_at: string | undefined;

  constructor(
    message: string,
    options: OctoStoreErrorOptions & {
      readonly holder_id?: string | undefined;
      readonly expires_at?: string | undefined;
    } = {},
  ) {
    super(message, options);
    this.holder_id = options.holder_id;
    this.expires_at = options.expires_at;
  }

  /** `holder_id`, by the name that it has in `rxlock`. */
  get holder(): string | undefined {
    return this.holder_id;
  }

  /** `expires_at` as a date. */
  get expiresAt(): Date | undefined {
    const date = new Date(this.expires_at ?? Number.NaN);
    return Number.isNaN(date.getTime()) ? undefined : date;
  }
}

/** A bad argument or option, found before anything was sent, or by the server. A `LockValidationError` of `rxlock`. */
export class ValidationError extends OctoStoreError {
  static override readonly brand = `${SPACE}ValidationError`;
  static override readonly name = 'ValidationError';
  protected static override readonly kin = ['LockValidationError', 'ERR_LOCK_VALIDATION', false] as const;

  /** Which argument or option. */
  readonly option: string | undefined;

  constructor(message: string, options: OctoStoreErrorOptions & { readonly option?: string | undefined } = {}) {
    super(message, options);
    this.option = options.option;
  }
}
