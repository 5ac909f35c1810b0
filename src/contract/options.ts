import type { ObservableInput, SchedulerLike } from 'rxjs';
import type { Clock, Duration } from './time.js';

/** When and how often to try again. */
export interface RetryOptions {
  /** The first delay. `'50ms'` by default. */
  readonly initial?: Duration | undefined;
  /** The longest delay. `'5s'` by default. */
  readonly max?: Duration | undefined;
  /** What the delay is multiplied by each time. 2 by default; at least 1. */
  readonly factor?: number | undefined;
  /** `'full'` (the default): a random part of the delay. `'none'`: the delay itself. */
  readonly jitter?: 'full' | 'none' | undefined;
  /**
   * How often the service is asked again after the first attempt. `Infinity` by default; 0: one attempt in all. Then the wait
   * ends with what the last attempt met: `LockHeldError`, or `LockNetworkError` if the service was out of reach. A place in a
   * queue that the service keeps (`memory()`, dflockd) is one attempt, however long it lasts: `wait` limits that.
   */
  readonly count?: number | undefined;
}

/** What happens after a loss: the stream completes, errors with `LockLostError`, or contends again. */
export type OnLost = 'complete' | 'error' | 'reacquire';

/**
 * How a lock is held: `exclusive` by one alone, or `shared` by any number, while nobody has it exclusively. Readers share, a
 * writer excludes.
 */
export type LockMode = 'shared' | 'exclusive';

/** Options of a lock. */
export interface LockOptions {
  /**
   * `'exclusive'` (the default): nobody else has the lock. `'shared'`: others may share it, and nobody has it exclusively.
   * Where the service queues, there is one queue for both: who waits is not overtaken by who comes later, and those who share
   * and stand next to each other enter together. There is no way from shared to exclusive but to give it back and ask anew:
   * two who share a lock and wait to have it alone would wait for each other for ever.
   *
   * `LockUnsupportedError` at the call where the service cannot (`features.shared`).
   */
  readonly mode?: LockMode | undefined;
  /**
   * `true` (the default): wait for ever. `false`: `LockHeldError` at once. A duration: `LockTimeoutError` after it,
   * counted from the subscription, or `LockNetworkError` if the service was out of reach throughout.
   */
  readonly wait?: boolean | Duration | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Cancels a pending acquisition, which errors with the signal's reason. Has no effect once the lock is held. */
  readonly signal?: AbortSignal | undefined;
  /** Its first value releases the lock, or ends the wait for it. */
  readonly until?: ObservableInput<unknown> | undefined;
  /** Stored with the lock for others to read, where the service can. */
  readonly metadata?: string | undefined;
  /** A released lock stays taken until at least this long after its grant. 0 by default. */
  readonly minHold?: Duration | undefined;
  /** The lock is released this long after its grant. Never by default. */
  readonly maxHold?: Duration | undefined;
  /** `false`: the lock runs out after its ttl. `true` by default. */
  readonly renew?: boolean | undefined;
  /** `'complete'` by default. */
  readonly onLost?: OnLost | undefined;
  /** When the first renewal goes out, as a part of the ttl. 1/3 by default; at most `safetyFactor / 2`. */
  readonly renewRatio?: number | undefined;
  /** How much of the ttl is believed in. 0.8 by default; at most 0.9. Clocks may differ in rate by 1/safetyFactor. */
  readonly safetyFactor?: number | undefined;
}

/** Options of `semaphore$`. They have no `mode`: a semaphore is shared by as many as its limit says. */
export interface SemaphoreOptions extends Omit<LockOptions, 'mode'> {
  /**
   * How many of the semaphore's permits are taken at once, all or none. 1 by default, at most its limit. Who is next waits
   * until as many are free as he takes; nobody behind him passes, however few he takes.
   *
   * `LockUnsupportedError` at the call where the service cannot take more than one (`features.permits`).
   */
  readonly permits?: number | undefined;
}

/** Options of `leader$`. It has no `wait`, no `onLost` and no `mode`: who does not lead waits for ever, what is lost is sought again, and nobody shares it. */
export type LeaderOptions = Omit<LockOptions, 'wait' | 'onLost' | 'mode'>;

/** Options of `acquireAll`. */
export type AcquireAllOptions = Omit<LockOptions, 'onLost'>;

/** Options of `acquire` and its relatives. They have no `onLost`: a promise cannot contend again. */
export interface AcquireOptions extends AcquireAllOptions, Pick<SemaphoreOptions, 'permits'> {
  /**
   * Makes it a semaphore of so many permits, as `semaphore$` does: a whole number of at least 1. Without it, it is a lock. A
   * semaphore has no `mode`.
   */
  readonly limit?: number | undefined;
}

/** What `using` and its relatives do besides acquiring. */
export interface DrainOptions {
  /**
   * How long the lock waits for work that was asked to stop: by `until`, `maxHold` or `close()`, not by a loss, but of
   * several locks those that are left wait as long for it. Counted from when it was asked; the ttl by default. After it the promise
   * rejects, and the lock is not renewed any more: it runs out, or is given back if the work stops before that.
   */
  readonly drainTimeout?: Duration | undefined;
}

/** Options of `using` and `tryUsing`. */
export interface UsingOptions extends AcquireOptions, DrainOptions {}

/** Options of `usingAll`. */
export interface UsingAllOptions extends AcquireAllOptions, DrainOptions {}

/** Options of `createLocks`: its own, and defaults for every lock. */
export interface LocksOptions extends Pick<
  LockOptions,
  'wait' | 'retry' | 'metadata' | 'minHold' | 'maxHold' | 'renew' | 'onLost' | 'renewRatio' | 'safetyFactor'
> {
  /** Who we are, as others see it. `host:pid:random` by default. */
  readonly holder?: string | undefined;
  /** Put before every name. Empty by default. */
  readonly prefix?: string | undefined;
  /**
   * The system's clock by default; within `TestScheduler.run`, the time of the run. Of another, `elapsed` and `monotonic`
   * are kept from falling; while it throws or tells no finite number, the system's time goes on in its place.
   */
  readonly clock?: Clock | undefined;
  /**
   * What timers run on. By default, and with RxJS's own (`asyncScheduler`, …), the system's timers: a `Locks` lives in real
   * time, also when it is used within `TestScheduler.run`; one that is made within a run lives in the run's time. Any
   * other scheduler, given alone, is the clock too.
   */
  readonly scheduler?: SchedulerLike | undefined;
  /** A number in [0, 1). `Math.random` by default, and in place of whatever else it tells. */
  readonly random?: (() => number) | undefined;
}
