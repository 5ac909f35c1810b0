/** What the server answered, in its own words: seconds, ISO 8601 dates, snake_case. Types only. */
import type { Duration } from '../../../contract/time.js';

/** What `acquireLock` gives. It is always `'acquired'`: for a lock that is held, `LockHeldError` is thrown. */
export interface AcquireResult {
  status: 'acquired' | 'held';
  /** For `renewLock` and `releaseLock`. A credential: whoever has it can release the lock. */
  lease_id?: string;
  /** Grows with each grant. Send it with every write that the lock protects. Missing where the server has no such tokens. */
  fencing_token?: number;
  /** ISO 8601, by the server's clock. */
  expires_at?: string;
  holder_id?: string;
}

/** What `renewLock` gives. */
export interface RenewResult {
  lease_id: string;
  /** ISO 8601, by the server's clock. */
  expires_at: string;
}

/** What `getLockStatus` gives. */
export interface LockInfo {
  name: string;
  status: 'free' | 'held';
  /** An id that the server makes up for each holder. */
  holder_id: string | null;
  fencing_token: number;
  /** ISO 8601, by the server's clock. */
  expires_at: string | null;
}

/** One of what `listLocks` gives. */
export interface UserLock {
  name: string;
  /** Empty where the server does not tell and the lock was not acquired through this client. */
  lease_id: string;
  fencing_token: number;
  /** ISO 8601, by the server's clock. */
  expires_at: string;
}

/** What `rotateToken` gives. */
export interface TokenInfo {
  /** The new token. The client uses it already. */
  token: string;
  user_id: string;
  github_username: string;
}

/** Options of each call. */
export interface CallOptions {
  /** Cancels the call, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `acquireLock`. */
export interface AcquireLockOptions extends CallOptions {
  /**
   * How long to try, if somebody else has the lock: milliseconds, or a string with its unit. 0 by default: `LockHeldError`
   * at once, else after this time.
   */
  readonly wait?: Duration | undefined;
}

/** Options of `lock` and `withLock`. */
export interface LockOptions extends CallOptions {
  /**
   * `true` (the default): wait for ever. `false`: `LockHeldError` at once. Milliseconds, or a string with its unit:
   * `LockHeldError` after it.
   */
  readonly wait?: boolean | Duration | undefined;
}
