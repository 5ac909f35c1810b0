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
   * ends with the error of the last attempt: `LockHeldError`, or `LockNetworkError` if the service could not be reached. A place in a
   * queue that the service keeps (`memory()`, `redis()`, `socket()`, `dflockd()`) is one attempt, however long it lasts: `wait` limits that.
   */
  readonly count?: number | undefined;
}

/** What happens after a loss: the stream completes, errors with `LockLostError`, or asks for the lock again. */
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
   * Where the service has a queue, it is one queue for both modes: the first to ask is served first, and readers with no
   * writer between them get the lock together. A shared lock cannot become exclusive: give it back, and ask again. (Two
   * programs that share a lock and both wait to have it alone would wait for each other for ever.)
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
   * counted from the subscription, or `LockNetworkError` if the service could not be reached in all that time.
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
   * When, and how often, the service is asked again while you wait for the lock. By default the first pause is 50 ms at most,
   * then it grows up to 5 s, without an end.
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
   * Cancels the wait for the lock, which errors with the signal's reason. It does nothing once you have the lock: `until` does.
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
   * A text that is stored with the lock for others to read, where the service can store it; elsewhere it is ignored.
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
   * The lock stays taken for at least this long after it was acquired, even if you give it back earlier. So a short job on
   * machines whose clocks differ runs only once. 0 by default.
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
   * The lock is given back this long after it was acquired, and its work is stopped. By default there is no limit.
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
   * What happens after a loss: the stream completes (`'complete'`, the default), errors with `LockLostError` (`'error'`), or asks
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
   * How much of the ttl is used: with 0.8, a lock of 30 s that is not renewed is lost after 24 s. 0.8 by default; at most 0.9. With 0.8,
   * the server's clock may run up to 1/0.8 times as fast as yours.
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
   * How many of the semaphore's permits are taken at once, all or none. 1 by default, at most its limit. The next one in
   * the queue waits until so many are free; the others behind it wait too, even if they want fewer.
   *
   * `LockUnsupportedError` at the call where the service cannot take more than one (`features.permits`).
   */
  readonly permits?: number | undefined;
}

/** Options of `leader$`. It has no `wait`, no `onLost` and no `mode`: it waits without limit, asks again after a loss, and leadership cannot be shared. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- an editor shows its name, and not a list of all it has
export interface LeaderOptions extends Omit<LockOptions, 'wait' | 'onLost' | 'mode'> {}

/** Options of `acquireAll`. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- an editor shows its name, and not a list of all it has
export interface AcquireAllOptions extends Omit<LockOptions, 'onLost'> {}

/** Options of `acquire` and methods like it. They have no `onLost`: a promise cannot ask again after a loss. */
export interface AcquireOptions extends AcquireAllOptions, Pick<SemaphoreOptions, 'permits'> {
  /**
   * Takes a semaphore with this many permits, as `semaphore$` does, and not a lock. A whole number of at least 1. Not together
   * with `mode`.
   */
  readonly limit?: number | undefined;
}

/** What `using` and methods like it can do besides. */
export interface DrainOptions {
  /**
   * How long the lock is kept for work that was asked to stop by `until`, `maxHold` or `close()`. The ttl by default, counted
   * from when it was asked. After that the promise rejects, and the lock is not renewed any more: it is given back when the work
   * stops, or ends with its ttl. After a loss there is no lock to keep; of several locks, those that are left are kept this long.
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
   * The name of this program, as others see it. `host:pid:random` by default.
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
   * The system's clock by default; within `TestScheduler.run`, the time of the run. If you give another, its `elapsed` and
   * `monotonic` never go backwards. If it throws, or gives no finite number, the system's time is used instead.
   */
  readonly clock?: Clock | undefined;
  /**
   * What timers run on. By default, and with the schedulers of RxJS (`asyncScheduler`, …), these are the system's timers, and a
   * `Locks` lives in real time. If it is made within `TestScheduler.run`, it lives in the time of that run. Any other
   * scheduler is the clock too, if you give no `clock`.
   */
  readonly scheduler?: SchedulerLike | undefined;
  /** Gives a number from 0 up to, but not including, 1. `Math.random` by default, and if it gives anything else. */
  readonly random?: (() => number) | undefined;
}

/** Options of `adopt$`: the lock is there already, so nobody waits for it. */
export type AdoptOptions = Pick<
  LockOptions,
  'signal' | 'until' | 'minHold' | 'maxHold' | 'renew' | 'renewRatio' | 'safetyFactor'
>;
