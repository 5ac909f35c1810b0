/**
 * A lock that is handed on, as plain data: it goes through JSON, to a queue or into a request. **A secret**: whoever has it has the
 * lock. Made by `lease.detach()`, for `locks.adopt(handle)` and `locks.adopt$(handle)`.
 */
export interface LeaseHandle {
  /** Of this form. */
  readonly version: 1;
  /** The name of the backend. */
  readonly backend: string;
  /** Of the lock, as the service knows it: with the `prefix`. */
  readonly name: string;
  /** Milliseconds. */
  readonly ttl: number;
  /**
   * Until when it may be adopted (ISO 8601, by the wall clock of whoever made it): after that nobody knows who has the lock. A clock that
   * is ahead refuses it too early; one that is behind asks the service, which knows.
   */
  readonly goodUntil: string;
  /** A decimal string: JSON has no 64-bit integers. Absent where the service has none. */
  readonly fencingToken?: string | undefined;
  /** Present if it is shared. */
  readonly mode?: 'shared' | undefined;
  /** Present for a semaphore. */
  readonly limit?: number | undefined;
  /** Present for a semaphore. */
  readonly permits?: number | undefined;
  /** What the service wants to see of whoever goes on. Never logged by rxlock; `console.log` does not show it before it went through JSON. */
  readonly secret: string;
}
