import type { Observable } from 'rxjs';
import type {
  AcquireAllOptions,
  AcquireOptions,
  LeaderOptions,
  LockOptions,
  SemaphoreOptions,
  UsingAllOptions,
  UsingOptions,
} from './options.js';
import type { CompositeEvent, CompositeLease, Lease, LockEvent, LocksEvent } from './lease.js';
import type { Duration } from './time.js';
import type { Leadership, LockStatus } from './status.js';

/** How `close` ends what is held. */
export interface CloseOptions {
  /**
   * How long work may go on, its locks renewed, before it is stopped. 0 by default. Another call of `close` may shorten
   * the drain of the first, never lengthen it.
   */
  readonly drain?: Duration | undefined;
}

/** What a program does with a lock it holds. The lease's `signal` aborts when the work ought to stop. */
export type Work<L, R> = (lease: L) => R | PromiseLike<R>;

/**
 * The locks of one service, as one participant. A method whose name ends in `$` returns a stream, any other a promise. Made by
 * `createLocks`; abstract, so that it can be a token of dependency injection.
 *
 * Bad arguments throw at the call, or reject where a promise is given: `LockValidationError` and `LockConfigError`, naming the option.
 *
 * @typeParam Token `bigint` where the service has fencing tokens, `undefined` where it has none.
 */
export abstract class Locks<Token = bigint | undefined> {
  /**
   * Contends for a lock with each subscription, holds and renews it while the subscription lives, and gives it back
   * when that ends.
   *
   * @param name See `validatePortableName`.
   * @param ttl How long the service keeps the lock for us if we fall silent. 1 s to 1 h, unless the service says otherwise.
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
   * Takes part in the election of a leader for as long as it is subscribed to: emits at once, and at each change, and
   * contends again for ever. Shared by name within a `Locks`, which is one candidate: all who subscribe lead together.
   *
   * @param options As of `lock$`. `until` and `signal` belong to each subscriber and end his part, whether he leads, follows or is between two
   * terms: his stream completes, after a last `{ leading: false }` if he led, or errors with the signal's reason.
   * `maxHold` makes leadership rotate: after that long it is given up, and sought again when others had the time to take it.
   * A term that ends before its first renewal was due is followed by a longer pause each time, as `retry` says. There is
   * no `wait`, no `onLost` and no `mode` (`LockValidationError`): who does not lead waits for ever, what is lost is sought again, and
   * nobody shares it.
   * @returns A stream that errors with `LockAuthenticationError`, `LockValidationError`, `LockClosedError`, and whatever
   * else no patience can mend.
   * @throws LockConfigError, at the call or at the subscription, if the same name is led with another ttl or other options,
   * but for `until` and `signal`.
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
   * As `lock$`, for one of `limit` permits, or for several at once. Semaphores and locks have separate names.
   *
   * @param limit How many permits there are: a whole number of at least 1, the same for all.
   * @param options As of `lock$`, without `mode`, and `permits`: how many are taken, all or none; 1 by default.
   * @throws LockUnsupportedError at the call if the service has none, or gives no more than one permit; LockValidationError for more permits than
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
   * As `lock$`, for several locks at once, all or nothing: taken one after the other in the byte order of their names,
   * so that nobody can block each other. If one is lost the work stops, then the others are released.
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
   * Takes a lock, or with `options.limit` permits of a semaphore, and goes on renewing it until it is released:
   * `await using lease = …` or `lease.release()`.
   *
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
   * As `acquire`, but `null` at once if somebody else has it.
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
   * Runs `work` under a lock, or under permits of a semaphore (`options.limit`), which is renewed until `work` has settled and is
   * released then.
   *
   * When `until`, `maxHold` or `close()` ends the hold, the lease's `signal` asks the work to stop, and the lock waits for it
   * as long as `drainTimeout` says (the ttl by default). Then the promise rejects, and the lock runs out, or is given back if
   * the work stops before that. After a loss the promise rejects when `work` has settled, however long that takes: nothing
   * is held for it.
   *
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
   * As `using`, but `null` at once, without running `work`, if somebody else has the lock: for a job that one instance of many
   * is to run.
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
   * As `acquire`, for several locks at once. See `all$`. The lease has no fencing token of its own: send
   * `lease.leases[i].fencingToken` with what lock `i` protects.
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
   * As `using`, for several locks at once. See `all$`. To fence: `lease.leases[i].fencingToken`, as of `acquireAll`. If one is
   * lost, those that are left wait for the work as long as `drainTimeout` says.
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
   * The status of a lock, now and at each change. Where the service pushes nothing, it is asked every second.
   *
   * @returns A stream that never completes. It errors with what the service answers, with `LockNetworkError` if the
   * service ends its answer, and with `LockClosedError` as soon as these locks are closed.
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
   * @throws What the service answers; LockNetworkError if it answers nothing, at its end or within 30 s; LockClosedError.
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
   * The locks whose names begin with `prefix`, as far as the service shows them to us.
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
   * Takes a lock away from whoever has it: for operators of a system, who know that its holder is no good. The holder hears
   * `lost` (`reason: 'revoked'`), these locks among others, and whoever waits is next. Work that goes on regardless is kept
   * out only by its fencing token.
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
   * Everything that this instance does, for logs and metrics: a hot stream, which ends with `close()`. Nothing is kept for who
   * subscribes later.
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
   * Asks the service for a sign of life, and whether it knows us: a readiness probe.
   *
   * @throws LockUnsupportedError if it has none to give; LockNetworkError if it cannot be reached; LockAuthenticationError
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
   * Ends it all. At once, whoever waits, watches or follows gets `LockClosedError`; work may go on for `drain`, then is
   * stopped and waited for, and its locks are given back. The backend is closed with the last `Locks` that uses it.
   * Idempotent.
   *
   * It always ends: after `drain`, work that does not stop is waited for until its `drainTimeout` (the ttl by default)
   * and then its ttl are over; a lock that must stay taken (`minHold`) is waited for where the service cannot keep it by
   * itself; the answers to releases are waited for a second, and the backend five.
   *
   * @throws What the backend fails with when it is closed.
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
