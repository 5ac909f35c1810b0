/**
 * The vocabulary of rxlock: what a user holds ({@link Lease}), what a stream says ({@link LockEvent}) and what a
 * lock service must do ({@link LockBackend}). Types only: this file compiles to nothing.
 */
import type { Observable, ObservableInput, SchedulerLike } from 'rxjs';

/** Milliseconds, or a string with its unit: `'500ms'`, `'30s'`, `'5m'`, `'1h'`. */
export type Duration = number | string;

// ---------------------------------------------------------------------------------------------------- time

/** Where all time comes from. Every value is in milliseconds. */
export interface Clock {
  /**
   * The holder's clock: never runs slower than real time, counts suspend, is not fooled by a stepped wall clock into
   * believing a lease for longer. All `sentAt`s and deadlines are on it. Its zero is arbitrary.
   */
  elapsed(): number;
  /** Milliseconds since the epoch. For people and logs; no decision hangs on it. */
  date(): number;
  /** The monotonic clock, for lock tables: a stepped wall clock can never free a lock early. */
  monotonic(): number;
  /** Reads the sources that are too costly for `elapsed()`. Called by the keeper once a tick. */
  sync?(): void;
}

/** What the core shares with its backend: one clock, one scheduler, one source of randomness. */
export interface Runtime {
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  /** A number in [0, 1). */
  readonly random: () => number;
}

// --------------------------------------------------------------------------------------------------- lease

/** Why a lease was lost. */
export type LostReason =
  /** Its deadline passed without a confirmed renewal. */
  | 'expired'
  /** The service said that it is not ours any more. */
  | 'refused'
  /** The service took it away. */
  | 'revoked'
  /** The session that it hung on is gone. */
  | 'session'
  /** The connection that owned it is gone. */
  | 'connection';

/**
 * A lock that was granted. Every question about it is answered from the clock at the moment of asking, so a blocked
 * event loop cannot make it lie.
 *
 * @typeParam Token `bigint` where the service has fencing tokens, `undefined` where it has none.
 */
export interface Lease<Token = bigint | undefined> {
  readonly name: string;
  /** A local identifier for logs. No credential. */
  readonly id: string;
  /** Grows with each grant of this name. Send it with every write that the lock protects, and refuse smaller ones. */
  readonly fencingToken: Token;
  /** Who we are: the `holder` of these `Locks`. A service may show others a name of its own instead. */
  readonly holder: string;
  /** What was stored with the lock for others to read. */
  readonly metadata: string | undefined;
  /** Milliseconds. */
  readonly ttl: number;
  readonly acquiredAt: Date;
  /** When it ends unless it is renewed, for people. Code asks `remaining()` or `isHeld`. */
  readonly expiresAt: Date;
  /** Milliseconds until the deadline, read from the clock now; 0 when it is not held. */
  remaining(): number;
  /** Read from the clock now. The first to see the deadline pass makes `lost` happen. */
  readonly isHeld: boolean;
  /** @throws LockLostError when it is not held, saying whether it was lost, released, or its subscription ended. */
  assertHeld(): void;
  /** Aborts when the lease ends or its work is asked to stop. The reason is a `LockLostError` on loss, else an `AbortError`. */
  readonly signal: AbortSignal;
  /** Emits the event that ended the lease, then completes; for `takeUntil`. */
  readonly ended$: Observable<LostEvent<Token> | ReleasedEvent<Token>>;
  /** Gives the lock back. Never rejects; resolves when the service has answered, after one second at most. */
  release(): Promise<void>;
  /** Holds no secret. */
  toJSON(): LeaseJson;
  /** `release()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A lease as plain data, for logs. */
export interface LeaseJson {
  readonly name: string;
  readonly id: string;
  /** A decimal string: JSON has no 64-bit integers. */
  readonly fencingToken: string | undefined;
  readonly holder: string;
  readonly metadata: string | undefined;
  readonly ttl: number;
  readonly acquiredAt: string;
  readonly expiresAt: string;
  readonly isHeld: boolean;
}

/** Several locks held as one. Has no token of its own: each member has. */
export interface CompositeLease<Token = bigint | undefined> extends Lease<undefined> {
  /** In the order in which they were taken: UTF-8 byte order of their names. */
  readonly leases: readonly Lease<Token>[];
}

// -------------------------------------------------------------------------------------------------- events

/** What every event has. */
export interface EventBase {
  /** Of the lock, as the user wrote it. */
  readonly name: string;
  /** Milliseconds since the epoch. A loss by expiry is stamped with its deadline, however late it was noticed. */
  readonly at: number;
}

/** Not granted yet: refused, queued, or the service is out of reach. Emitted once for each change. */
export interface WaitingEvent extends EventBase {
  readonly type: 'waiting';
  readonly holder?: string | undefined;
  /** True if the holder is this very `Locks`, so that nobody else can end the wait. */
  readonly self?: boolean | undefined;
  readonly expiresAt?: Date | undefined;
  /** Places before us in the service's queue, where it tells. */
  readonly position?: number | undefined;
  /** How many attempts were made so far. */
  readonly attempt: number;
  /** Milliseconds until the next attempt, unless the service wakes us earlier. Absent while queued by the service. */
  readonly retryIn?: number | undefined;
  /** Why the service could not be asked. Absent when it simply said no. */
  readonly cause?: unknown;
}

/** The lock is ours. */
export interface AcquiredEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'acquired';
  readonly lease: Lease<Token>;
}

/** The service confirmed a renewal. */
export interface RenewedEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'renewed';
  readonly lease: Lease<Token>;
}

/** A renewal could not be confirmed. The lock is still ours, for `remaining` milliseconds more at most. */
export interface UncertainEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'uncertain';
  readonly lease: Lease<Token>;
  readonly remaining: number;
  readonly cause?: unknown;
}

/** The lock is not ours any more, and we did not give it back. */
export interface LostEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'lost';
  readonly lease: Lease<Token>;
  readonly reason: LostReason;
  readonly cause?: unknown;
}

/** The lock is given back. Emitted before the release is sent. */
export interface ReleasedEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'released';
  readonly lease: Lease<Token>;
}

/** Everything that a lock's stream emits. */
export type LockEvent<Token = bigint | undefined> =
  | WaitingEvent
  | AcquiredEvent<Token>
  | RenewedEvent<Token>
  | UncertainEvent<Token>
  | LostEvent<Token>
  | ReleasedEvent<Token>;

/** An event with a lease of another type. */
export type WithLease<E, L> = E extends { readonly lease: unknown } ? Omit<E, 'lease'> & { readonly lease: L } : E;

/** What the stream of several locks emits: the events of a lock, whose lease is a {@link CompositeLease}. */
export type CompositeEvent<Token = bigint | undefined> = WithLease<LockEvent<undefined>, CompositeLease<Token>>;

/** The names of the events. */
export type LockEventType = LockEvent['type'];

/** Everything that one `Locks` does, for logs and metrics: the events of all its locks, and what no single stream can show. */
export type LocksEvent<Token = bigint | undefined> =
  | WaitingEvent
  /** `waited`: milliseconds from subscription to grant. */
  | (AcquiredEvent<Token> & { readonly waited: number })
  | RenewedEvent<Token>
  | UncertainEvent<Token>
  /** `held`: milliseconds from grant to end. */
  | (LostEvent<Token> & { readonly held: number })
  | (ReleasedEvent<Token> & { readonly held: number })
  /** What the service answered to a release: `gone` if it was not ours any more, `unknown` if it could not be told. */
  | (EventBase & {
      readonly type: 'release';
      readonly lease?: Lease<Token>;
      readonly outcome: 'released' | 'gone' | 'unknown';
      readonly cause?: unknown;
    })
  /** An acquisition that ended in an error. */
  | (EventBase & { readonly type: 'error'; readonly error: unknown })
  /** The clean-up of some work failed, or took longer than its `drainTimeout`; the subscriber had left already. */
  | (EventBase & { readonly type: 'drain-error'; readonly lease: Lease<Token>; readonly error: unknown });

/** The leadership of a name, as `leader$` tells it. */
export type Leadership<Token = bigint | undefined> =
  { readonly leading: true; readonly lease: Lease<Token> } | { readonly leading: false; readonly leader?: Leader };

/** Who leads, as far as the service tells. */
export interface Leader {
  readonly holder?: string;
  readonly metadata?: string;
  /** The fencing token of the leader's grant. */
  readonly term?: bigint;
}

/** What a service tells about a name. */
export interface LockStatus {
  readonly name: string;
  readonly status: 'free' | 'held';
  readonly holder?: string | undefined;
  readonly fencingToken?: bigint | undefined;
  readonly expiresAt?: Date | undefined;
  readonly waiters?: number | undefined;
  readonly metadata?: string | undefined;
  /** Plain data: the token as a decimal string. */
  toJSON(): Record<string, unknown>;
}

// ------------------------------------------------------------------------------------------------- options

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
  /** How many retries before giving up. `Infinity` by default. */
  readonly count?: number | undefined;
}

/** What happens after a loss: the stream completes, errors with `LockLostError`, or contends again. */
export type OnLost = 'complete' | 'error' | 'reacquire';

/** Options of a lock. */
export interface LockOptions {
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

/** Options of `acquire` and its relatives. They have no `onLost`: a promise cannot contend again. */
export type AcquireOptions = Omit<LockOptions, 'onLost'>;

/** Options of `createLocks`: its own, and defaults for every lock. */
export interface LocksOptions extends Pick<
  LockOptions,
  'wait' | 'retry' | 'metadata' | 'minHold' | 'maxHold' | 'renew' | 'onLost' | 'renewRatio' | 'safetyFactor'
> {
  /** Who we are, as others see it. `host:pid:random` by default. */
  readonly holder?: string | undefined;
  /** Put before every name. Empty by default. */
  readonly prefix?: string | undefined;
  /** The system's clock by default. */
  readonly clock?: Clock | undefined;
  /** `asyncScheduler` by default. Given alone, it is the clock too. */
  readonly scheduler?: SchedulerLike | undefined;
  /** A number in [0, 1). `Math.random` by default. */
  readonly random?: (() => number) | undefined;
}

// ------------------------------------------------------------------------------------------------- backend

/** What a service can do. Literal types, so that the types of leases follow. */
export interface Features {
  /** Grants carry a token that grows. */
  readonly fencing: boolean;
  /** The service queues: `acquire({ wait: true })` answers `queued` and grants in order of arrival. */
  readonly fifo: boolean;
  /** `watch` is pushed by the service, so waiting needs no polling. */
  readonly push: boolean;
  readonly semaphore: boolean;
  readonly metadata: boolean;
  /** `release` with `keepFor` keeps the lock taken that long. Elsewhere the core goes on renewing. */
  readonly minHold: boolean;
}

/** The type of the fencing tokens of a service with these features. */
export type TokenOf<F extends Features> = F['fencing'] extends true
  ? bigint
  : F['fencing'] extends false
    ? undefined
    : bigint | undefined;

/** What a grant hangs on: a ttl that the service confirmed, and the send time (on `clock.elapsed`) of the request that it confirmed. */
export interface Bound {
  readonly sentAt: number;
  /** Milliseconds. */
  readonly ttl: number;
}

/** A grant ends when the first of its bounds does. */
export type Bounds = readonly [Bound, ...Bound[]];

/** A lock as its backend knows it. Compared by identity; credentials live in the backend, in a `WeakMap` beside it. */
export interface Grant {
  readonly name: string;
  readonly fencingToken?: bigint | undefined;
  readonly holder?: string | undefined;
  readonly metadata?: string | undefined;
}

/** One attempt to get a lock. */
export interface AcquireRequest {
  readonly name: string;
  /** Milliseconds. */
  readonly ttl: number;
  /** May the service queue us? */
  readonly wait: boolean;
  /** Present for a semaphore: how many may hold it. */
  readonly limit?: number | undefined;
  readonly metadata?: string | undefined;
  readonly holder: string;
  /** For a grant that arrives when nobody is subscribed any more: the core releases it, and `close()` waits for that. */
  stray(grant: Grant): void;
}

/** What a backend says during one attempt. `held` and `granted` end it. */
export type AcquireSignal =
  | {
      readonly type: 'queued';
      readonly position?: number | undefined;
      readonly holder?: string | undefined;
      readonly expiresAt?: number | undefined;
    }
  | {
      readonly type: 'held';
      readonly holder?: string | undefined;
      /** Epoch milliseconds. */
      readonly expiresAt?: number | undefined;
      /** Milliseconds. A hint, unless `binding`. */
      readonly retryAfter?: number | undefined;
      readonly binding?: boolean | undefined;
    }
  | {
      readonly type: 'granted';
      readonly grant: Grant;
      readonly bounds: Bounds;
      /** Renew before anybody is told: the service cannot say how old the grant is. */
      readonly confirm?: boolean | undefined;
    };

/** The answer for one grant of a batch. `refused` is final, `unknown` is not. */
export type Renewal = { readonly index: number } & (
  | { readonly outcome: 'renewed'; readonly bounds: Bounds }
  | { readonly outcome: 'refused' | 'unknown'; readonly cause?: unknown }
);

/** The answer for one grant of a batch. `gone`: it was not ours any more. */
export interface Released {
  readonly index: number;
  readonly outcome: 'released' | 'gone' | 'unknown';
  readonly cause?: unknown;
}

/** Pushed by the service about grants that we hold. */
export interface Revocation {
  readonly grants: readonly Grant[];
  readonly reason: LostReason;
  readonly cause?: unknown;
}

/** Which ttls a service can express. All in milliseconds. */
export interface TtlRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The longest ttl of a lock with `renew: false`, where something else ends it that renewals keep alive. `max` by default. */
  readonly unrenewed?: number | undefined;
}

/**
 * All that a lock service must do. A new service is one object of this type, and `describeBackend` from
 * `rxlock/testing` tells whether it is right.
 */
export interface LockBackend<F extends Features = Features> {
  readonly name: string;
  readonly features: F;
  /** 1 s to 1 h in steps of 1 ms by default. */
  readonly ttl?: TtlRange;
  /** Called by each `Locks` before anything else. @throws LockConfigError if another `Locks` opened it with another clock. */
  open?(runtime: Runtime): void;
  /** @throws LockValidationError if the service cannot take this name. */
  validateName?(name: string): void;
  /**
   * One attempt. Emits any number of `queued`, then one `held` or `granted`, then completes; or errors with a
   * `LockError`. Unsubscribing leaves the queue; a grant that comes after that goes to `request.stray`.
   */
  acquire(request: AcquireRequest): Observable<AcquireSignal>;
  /** A batch; `ttls[i]` (milliseconds) belongs to `grants[i]`. What is unanswered at completion or error is `unknown`. */
  renew(grants: readonly Grant[], ttls: readonly number[]): Observable<Renewal>;
  /** A batch, by owner, never by name. `keepFor[i]`: milliseconds that `grants[i]` must stay taken, else 0. */
  release(grants: readonly Grant[], keepFor: readonly number[]): Observable<Released>;
  /** Hot. */
  readonly revoked$?: Observable<Revocation>;
  /** The status now and at each change; a fresh snapshot after each reconnect. */
  watch?(name: string): Observable<LockStatus>;
  /** Once. */
  status(name: string): Observable<LockStatus>;
  /** The locks whose names begin with `prefix`, once. */
  list?(prefix?: string): Observable<readonly LockStatus[]>;
  /** Takes a lock from whoever holds it. For operators of a system. */
  revoke?(name: string): Observable<void>;
  /** Completes if the service gives a sign of life, else errors. */
  ping?(): Observable<void>;
  /** Errors every pending acquire with `LockClosedError` and gives up every resource. Idempotent. */
  close(): Promise<void>;
}
