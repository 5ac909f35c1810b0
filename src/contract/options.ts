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
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const read = () => locks.using('settings', '30s', async () => 'read', { mode: 'shared' });
   * await Promise.all([read(), read()]); // at the same time
   * ```
   */
  readonly mode?: LockMode | undefined;
  /**
   * `true` (the default): wait for ever. `false`: `LockHeldError` at once. A duration: `LockTimeoutError` after it,
   * counted from the subscription, or `LockNetworkError` if the service was out of reach throughout.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * await locks.using('report', '30s', async () => 'done', { wait: '5s' });
   * ```
   */
  readonly wait?: boolean | Duration | undefined;
  /**
   * When, and how often, the service is asked again while the lock is waited for. After 50 ms by default, then after a pause that
   * grows up to 5 s, for ever.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * await locks.using('report', '30s', async () => 'done', { retry: { initial: '100ms', max: '2s', count: 10 } });
   * ```
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * Cancels the wait for the lock, which errors with the signal's reason. Has no effect once the lock is held: `until` has.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * await locks.using('report', '30s', async () => 'done', { signal: AbortSignal.timeout(5000) });
   * ```
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Its first value releases the lock, or ends the wait for it: the stream completes. If it fails, so does the stream.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { timer } from 'rxjs';
   *
   * const locks = createLocks(memory());
   * locks.lock$('report', '30s', { until: timer(100) }).subscribe((event) => console.log(event.type)); // acquired, released
   * ```
   */
  readonly until?: ObservableInput<unknown> | undefined;
  /**
   * A text that is stored with the lock for others to read, where the service can; elsewhere it is dropped.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('report', '30s', { metadata: 'v1.2.3' });
   * console.log((await locks.status('report')).metadata); // v1.2.3
   * await lease.release();
   * ```
   */
  readonly metadata?: string | undefined;
  /**
   * A released lock stays taken until at least this long after its grant: a short job on machines whose clocks differ runs once.
   * 0 by default.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * await locks.tryUsing('hourly-job', '30s', async () => 'done', { minHold: '1s' });
   * console.log(await locks.tryAcquire('hourly-job', '30s')); // null
   * await locks.close();
   * ```
   */
  readonly minHold?: Duration | undefined;
  /**
   * The lock is released this long after its grant, whatever goes on under it. Never by default.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * locks.lock$('report', '30s', { maxHold: '100ms' }).subscribe((event) => console.log(event.type)); // acquired, released
   * ```
   */
  readonly maxHold?: Duration | undefined;
  /**
   * Is the lock renewed while it is held? `true` by default. `false`: it is lost (`'expired'`) after its ttl.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * locks.lock$('report', '1s', { renew: false }).subscribe((event) => console.log(event.type)); // acquired, then lost
   * ```
   */
  readonly renew?: boolean | undefined;
  /**
   * What happens after a loss: the stream completes (`'complete'`, the default), errors with `LockLostError` (`'error'`), or contends
   * for the lock again (`'reacquire'`).
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { take } from 'rxjs';
   *
   * const locks = createLocks(memory());
   * locks.lock$('report', '30s', { onLost: 'reacquire' }).pipe(take(1)).subscribe((event) => console.log(event.type)); // acquired
   * ```
   */
  readonly onLost?: OnLost | undefined;
  /**
   * When the first renewal goes out, as a part of the ttl. 1/3 by default; at most `safetyFactor / 2`.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * await locks.using('report', '30s', async () => 'done', { renewRatio: 0.25 }); // after 7.5 s
   * ```
   */
  readonly renewRatio?: number | undefined;
  /**
   * How much of the ttl is believed in: a lock of 30 s that is not renewed is lost after 24. 0.8 by default; at most 0.9. Clocks may
   * differ in rate by 1/safetyFactor.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('report', '30s', { safetyFactor: 0.7 });
   * console.log(lease.remaining()); // 21000, or a little less
   * await lease.release();
   * ```
   */
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
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- an editor shows its name, and not a list of all it has
export interface LeaderOptions extends Omit<LockOptions, 'wait' | 'onLost' | 'mode'> {}

/** Options of `acquireAll`. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- an editor shows its name, and not a list of all it has
export interface AcquireAllOptions extends Omit<LockOptions, 'onLost'> {}

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
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * await locks.using('report', '30s', async (lease) => lease.signal.aborted, { maxHold: '10s', drainTimeout: '2s' });
   * ```
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
  /**
   * Who we are, as others see it. `host:pid:random` by default.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory(), { holder: 'worker-7' });
   * await locks.using('report', '30s', async () => console.log((await locks.status('report')).holder)); // worker-7
   * ```
   */
  readonly holder?: string | undefined;
  /**
   * Put before every name, where the service sees it. Empty by default.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * // The service knows this lock as 'billing/report'.
   * const locks = createLocks(memory(), { prefix: 'billing/' });
   * await locks.using('report', '30s', async () => 'done');
   * ```
   */
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
