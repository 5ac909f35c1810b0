import type { Observable } from 'rxjs';
import type {
  AcquireAllOptions,
  AcquireOptions,
  AdoptOptions,
  LeaderOptions,
  LockOptions,
  SemaphoreOptions,
  UsingAllOptions,
  UsingOptions,
} from './options.js';
import type { CompositeEvent, CompositeLease, Lease, LeaseHandle, LockEvent, LocksEvent } from './lease.js';
import type { Duration } from './time.js';
import type { Leadership, LockStatus } from './status.js';

/** How `close` ends what is held. */
export interface CloseOptions {
  /**
   * How long work may go on before it is stopped; its locks are renewed. 0 by default. A second call of `close` may make
   * this time shorter, but not longer.
   */
  readonly drain?: Duration | undefined;
}

/** What a program does while it has a lock. The lease's `signal` aborts when the work must stop. */
export type Work<L, R> = (lease: L) => R | PromiseLike<R>;

/**
 * The locks of one service, for one program. A method whose name ends in `$` returns a stream, the others return a promise. Made by
 * `createLocks`. It is an abstract class, so that it can be a token of dependency injection.
 *
 * Bad arguments throw at the call (methods with `$`) or reject the promise: `LockValidationError` and `LockConfigError`, with the `option`.
 *
 * @typeParam Token `bigint` where the service has fencing tokens, `undefined` where it has none.
 */
export abstract class Locks<Token = bigint | undefined> {
  /**
   * The events of a lock. Each subscription asks for the lock, waits for it, has it and renews it. To unsubscribe gives it
   * back. For work under the lock, use `usingLock` or `withLock`.
   *
   * @param name Letters, digits, `-`, `_` and `.`, in parts joined by `/`: `orders/4711`. Some services take more names.
   * @param ttl How long the service keeps the lock if it hears nothing from this program. Not a limit for the work. 1 s to 1 h, unless the service says otherwise.
   * @returns A cold stream of events. It completes after `released`, and after `lost` unless `onLost` says otherwise.
   * @throws LockValidationError, LockConfigError at the call; LockUnsupportedError for `mode: 'shared'` where the service cannot. The stream errors with `LockHeldError`, `LockTimeoutError`,
   * `LockNetworkError`, `LockAuthenticationError`, `LockCapacityError`, `LockLostError` or `LockClosedError`.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { take } from 'rxjs';
   *
   * const locks = createLocks(memory());
   * locks.lock$('nightly-report', '30s').pipe(take(1)).subscribe((event) => console.log(event.type)); // acquired
   * ```
   */
  abstract lock$(name: string, ttl: Duration, options?: LockOptions): Observable<LockEvent<Token>>;

  /**
   * Takes part in the election of a leader for as long as it is subscribed to. Emits at once, and at each change. After a
   * loss it asks again. A `Locks` is one candidate: all its subscribers of one name lead together.
   *
   * @param options Those of `lock$`, but no `wait`, `onLost` or `mode` (`LockValidationError`). `until` and `signal` belong to each
   * subscriber and end only its part: its stream completes, after a last `{ leading: false }` if it led, or errors with the
   * signal's reason. With `maxHold`, the leader steps down after that time, and takes part again when others had the time to
   * take over. After a term that ended before its first renewal there is a pause, which grows each time, as `retry` says.
   * @returns A stream that errors with `LockAuthenticationError`, `LockValidationError`, `LockClosedError`, and other errors
   * that trying again cannot help.
   * @throws LockConfigError, at the call or at the subscription, if the same name has another ttl or other options
   * already. `until` and `signal` may differ.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { take } from 'rxjs';
   *
   * const locks = createLocks(memory());
   * locks.leader$('scheduler', '15s').pipe(take(2)).subscribe((state) => {
   *   if (state.leading) console.log('leads, term', state.lease.fencingToken);
   *   else console.log('follows', state.leader?.holder ?? 'nobody yet');
   * });
   * ```
   */
  abstract leader$(name: string, ttl: Duration, options?: LeaderOptions): Observable<Leadership<Token>>;

  /**
   * Like `lock$`, for one of `limit` permits, or for several at once. Semaphores and locks have separate names.
   *
   * @param limit How many permits there are: a whole number of at least 1, the same for all.
   * @param options Those of `lock$` without `mode`, and `permits`: how many are taken, all or none; 1 by default.
   * @throws LockUnsupportedError at the call if the service has no semaphores, or gives only one permit at a time; LockValidationError for more permits than
   * the limit. The stream errors with `LockValidationError` if others use another limit.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { take } from 'rxjs';
   *
   * const locks = createLocks(memory());
   * // At most 5 permits are taken at the same time, whoever asks.
   * locks.semaphore$('api', 5, '30s', { permits: 3 }).pipe(take(1)).subscribe(({ type }) => console.log(type)); // acquired
   * ```
   */
  abstract semaphore$(
    name: string,
    limit: number,
    ttl: Duration,
    options?: SemaphoreOptions,
  ): Observable<LockEvent<Token>>;

  /**
   * Like `lock$`, for several locks at once: all of them or none. They are taken one after the other, sorted by name, so that
   * two programs cannot block each other. If one is lost, the work stops, and then the others are given back.
   *
   * @throws LockValidationError for no names, and for a name that comes twice.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { take } from 'rxjs';
   *
   * const locks = createLocks(memory());
   * locks.all$(['accounts/1', 'accounts/2'], '30s').pipe(take(1)).subscribe((event) => {
   *   if (event.type === 'acquired') console.log(event.lease.leases.map((lease) => lease.name)); // both
   * });
   * ```
   */
  abstract all$(names: readonly string[], ttl: Duration, options?: LockOptions): Observable<CompositeEvent<Token>>;

  /**
   * Waits for a lock, or with `options.limit` for permits of a semaphore. It is renewed until you give it back, with
   * `await using lease = …` or `lease.release()`: a lease that you forget keeps the lock, and the process alive.
   *
   * @param name Letters, digits, `-`, `_` and `.`, in parts joined by `/`: `orders/4711`. Some services take more names.
   * @param ttl How long the service keeps the lock if it hears nothing from this program. Not a limit for the work.
   * @param options By default the call waits for ever: `{ wait: '5s' }` sets a limit.
   * @throws What `lock$` errors with; the reason of `options.signal`.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('nightly-report', '30s', { wait: '5s' });
   * try {
   *   console.log('runs with token', lease.fencingToken);
   * } finally {
   *   await lease.release();
   * }
   * ```
   */
  abstract acquire(name: string, ttl: Duration, options?: AcquireOptions): Promise<Lease<Token>>;

  /**
   * Like `acquire`, but resolves with `null` at once if somebody else has the lock.
   *
   * @param name Letters, digits, `-`, `_` and `.`, in parts joined by `/`: `orders/4711`. Some services take more names.
   * @param ttl How long the service keeps the lock if it hears nothing from this program. Not a limit for the work.
   * @throws LockNetworkError if the service cannot be reached; what `acquire` throws.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.tryAcquire('nightly-report', '30s');
   * if (lease === null) console.log('somebody else runs it');
   * else await lease.release();
   * ```
   */
  abstract tryAcquire(
    name: string,
    ttl: Duration,
    options?: Omit<AcquireOptions, 'wait'>,
  ): Promise<Lease<Token> | null>;

  /**
   * Waits for a lock, or with `options.limit` for permits of a semaphore, and runs `work` under it. The lock is renewed until
   * `work` has settled. Then it is given back.
   *
   * When `until`, `maxHold` or `close()` must stop the work, the lease's `signal` aborts, and the lock is kept for the work
   * for `drainTimeout` (the ttl by default). After that the promise rejects, and the lock is not renewed any more: it is given
   * back when the work stops, or ends with its ttl. After a loss, `signal` aborts too, and the promise rejects when `work` has
   * settled, however long that takes.
   *
   * @param name Letters, digits, `-`, `_` and `.`, in parts joined by `/`: `orders/4711`. Some services take more names.
   * @param ttl How long the service keeps the lock if it hears nothing from this program. Not a limit for the work.
   * @param work Gets the lease. Its result is the result of the call. `lease.signal` aborts when it must stop.
   * @param options By default the call waits for ever: `{ wait: '5s' }` sets a limit.
   * @returns The result of `work`.
   * @throws LockLostError if the lock was lost before that, unless `work` itself failed; LockTimeoutError, not `retryable`,
   * if `work` did not stop in time: it may still run; LockClosedError if it should have stopped for `close()`; else what `acquire` throws.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const answer = await locks.using('nightly-report', '30s', async (lease) => `fenced by ${lease.fencingToken}`);
   * const reply = await locks.using('api', '30s', async () => 'one of five at a time', { limit: 5 });
   * ```
   */
  abstract using<R>(name: string, ttl: Duration, work: Work<Lease<Token>, R>, options?: UsingOptions): Promise<R>;

  /**
   * Like `using`, but if somebody else has the lock, it resolves with `null` at once and does not run `work`. For a job that
   * only one of many instances must run.
   *
   * @param name Letters, digits, `-`, `_` and `.`, in parts joined by `/`: `orders/4711`. Some services take more names.
   * @param ttl How long the service keeps the lock if it hears nothing from this program. Not a limit for the work.
   * @param options `minHold` keeps the lock taken for a while after a short job.
   * @returns The result of `work`, or `null`.
   * @throws LockNetworkError if the service cannot be reached; what `using` throws.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * // `minHold`: others whose clocks differ a little do not run it again right after it.
   * const done = await locks.tryUsing('hourly-job', '30s', async () => 'done', { minHold: '1s' });
   * console.log(done ?? 'somebody else runs it');
   * await locks.close();
   * ```
   */
  abstract tryUsing<R>(
    name: string,
    ttl: Duration,
    work: Work<Lease<Token>, R>,
    options?: Omit<UsingOptions, 'wait'>,
  ): Promise<R | null>;

  /**
   * Like `acquire`, for several locks at once: see `all$`. The lease has no fencing token of its own: send
   * `lease.leases[i].fencingToken` with the writes that lock `i` protects.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquireAll(['accounts/1', 'accounts/2'], '30s');
   * console.log(lease.leases.map(({ name, fencingToken }) => `${name}: ${fencingToken}`));
   * await lease.release();
   * ```
   */
  abstract acquireAll(
    names: readonly string[],
    ttl: Duration,
    options?: AcquireAllOptions,
  ): Promise<CompositeLease<Token>>;

  /**
   * Like `using`, for several locks at once: see `all$`. Fencing tokens: `lease.leases[i].fencingToken`, as with `acquireAll`. If
   * one is lost, the others are kept for the work for `drainTimeout`.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * await locks.usingAll(['accounts/1', 'accounts/2'], '30s', async (lease) => console.log(lease.remaining()));
   * ```
   */
  abstract usingAll<R>(
    names: readonly string[],
    ttl: Duration,
    work: Work<CompositeLease<Token>, R>,
    options?: UsingAllOptions,
  ): Promise<R>;

  /**
   * The status of a lock, now and at each change. If the service does not tell of changes by itself, it is asked every second. While it
   * cannot be reached, at the beginning or later, nothing is told: the stream goes on when the service is there again.
   *
   * @returns A stream that never completes. It errors with an error of the service that does not pass by itself, and with `LockClosedError` when
   * these locks are closed.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { take } from 'rxjs';
   *
   * const locks = createLocks(memory());
   * locks.watch$('nightly-report').pipe(take(1)).subscribe(({ status }) => console.log(status)); // free
   * ```
   */
  abstract watch$(name: string): Observable<LockStatus>;

  /**
   * What the service tells of a lock.
   *
   * @throws The error of the service; LockNetworkError if it gives no answer within 30 s; LockClosedError.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const { status, holder } = await locks.status('nightly-report');
   * console.log(status, holder); // free undefined
   * ```
   */
  abstract status(name: string): Promise<LockStatus>;

  /**
   * The locks whose names begin with `prefix`, as far as the service shows them to this program.
   *
   * @param prefix All locks by default.
   * @throws LockUnsupportedError if the service cannot tell; else as `status`.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('orders/1', '30s');
   * for (const { name, holder } of await locks.list('orders/')) console.log(name, holder);
   * await lease.release();
   * ```
   */
  abstract list(prefix?: string): Promise<readonly LockStatus[]>;

  /**
   * Goes on with a lock that was handed on by `lease.detach()`, in this process or another: a stream like that of `lock$`, under the
   * fencing token that it had. The service must confirm it by a renewal before anything is told. `minHold` and `maxHold` count from here.
   *
   * @param handle What `detach` gave, also after JSON. Adopted twice, the second is refused where the service can tell.
   * @returns A cold stream, for one subscription. It errors with `LockLostError` if the handle's time is over, or the lock is not its any more;
   * with `LockNetworkError` if that could not be confirmed. It completes after `lost`.
   * @throws LockValidationError for what is no handle, or one of another backend or `prefix`; LockUnsupportedError if the service cannot.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { take } from 'rxjs';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('orders/7', '30s');
   * const handle = await lease.detach();
   * locks.adopt$(handle).pipe(take(1)).subscribe((event) => console.log(event.type)); // acquired
   * ```
   */
  abstract adopt$(handle: LeaseHandle, options?: AdoptOptions): Observable<LockEvent<Token>>;

  /**
   * As `adopt$`: resolves with the lease.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('orders/7', '30s'); // in a web request
   * const message = JSON.stringify(await lease.detach()); // a secret
   *
   * const adopted = await locks.adopt(JSON.parse(message)); // in a worker
   * console.log(adopted.isHeld); // true
   * await adopted.release();
   * ```
   */
  abstract adopt(handle: LeaseHandle, options?: AdoptOptions): Promise<Lease<Token>>;

  /**
   * Takes a lock away from its holder (these locks too): for a holder that hangs and goes on renewing. The holder gets
   * `lost` with `reason: 'revoked'`, and the next one gets the lock. If the old work still goes on, only its fencing token can
   * keep its writes out.
   *
   * @param name Of a lock; not of a semaphore.
   * @returns Resolves when the service has done it, also if nobody had the lock.
   * @throws LockUnsupportedError if the service cannot; else as `status`.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { firstValueFrom } from 'rxjs';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('nightly-report', '30s');
   * const end = firstValueFrom(lease.ended$);
   * await locks.revoke('nightly-report');
   * console.log((await end).type); // lost
   * ```
   */
  abstract revoke(name: string): Promise<void>;

  /**
   * Everything that this `Locks` does, for logs and metrics. A hot stream: it does not repeat earlier events to later
   * subscribers. It completes with `close()`.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * locks.events$.subscribe((event) => {
   *   if (event.type === 'acquired') console.log(event.name, 'waited', event.waited, 'ms');
   *   else if (event.type === 'lost') console.error(event.name, event.reason, event.cause?.message);
   * });
   * await locks.using('nightly-report', '30s', async () => 'done');
   * await locks.close();
   * ```
   */
  abstract readonly events$: Observable<LocksEvent<Token>>;

  /**
   * Asks whether the service answers, and accepts the token: for a readiness probe.
   *
   * @throws LockUnsupportedError if the service cannot be asked that; LockNetworkError if it cannot be reached; LockAuthenticationError
   * if the token is wrong; else as `status`.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const isReady = await locks.ping().then(
   *   () => true,
   *   () => false,
   * );
   * console.log(isReady); // true
   * ```
   */
  abstract ping(): Promise<void>;

  /**
   * Ends everything and gives all locks back. Calls that wait, watch or follow a leader get `LockClosedError` at once. Work may
   * go on for `drain`; then it is stopped, and its locks are given back when it has stopped. The last `Locks` that uses a
   * backend closes that too. You may call it more than once.
   *
   * It always ends. After `drain` it waits for work that does not stop, for its `drainTimeout` (the ttl by default) and then
   * its ttl; for what is left of a `minHold`, where the service cannot keep the lock by itself; one second for the answers to
   * releases; and five seconds for the backend.
   *
   * A stream that is still open ends with `LockClosedError`, whether it waits or holds. As every error of a stream, it ends the process if
   * nobody handles it: `catchError((error) => (error instanceof LockClosedError ? EMPTY : throwError(() => error)))`.
   *
   * @throws The error of the backend, if closing it fails.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * // On SIGTERM, say: work may go on for 10 s, then it is stopped.
   * await locks.close({ drain: '10s' });
   * ```
   */
  abstract close(options?: CloseOptions): Promise<void>;

  /** `close()`. */
  abstract [Symbol.asyncDispose](): Promise<void>;
}
