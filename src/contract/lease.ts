import type { Observable } from 'rxjs';
import type { LockError } from './errors.js';
import type { LockMode } from './options.js';
import type { LeaseHandle } from './lease-handle.js';
import type { LostReason } from './lost-reason.js';
import type { Duration } from './time.js';

export type { LeaseHandle, LostReason };

/**
 * A lock that you have got. It looks at the clock each time you ask, so the answer is right even after the event loop was
 * blocked.
 *
 * @typeParam Token `bigint` where the service has fencing tokens, `undefined` where it has none.
 */
export interface Lease<Token = bigint | undefined> {
  /** Of the lock, as the user wrote it. */
  readonly name: string;
  /** A local identifier for logs. It is no secret. */
  readonly id: string;
  /**
   * Grows with each grant of this name. Send it with every write that the lock protects, and refuse smaller ones there.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * let newest = 0n;
   * await locks.using('ledger', '30s', async ({ fencingToken }) => {
   *   // What is protected does this: in a database, `UPDATE … WHERE token <= …`.
   *   if (fencingToken < newest) throw new Error('somebody else has written since');
   *   newest = fencingToken;
   * });
   * ```
   */
  readonly fencingToken: Token;
  /** The `holder` of these `Locks`: the name of this program. Some services show other programs another name. */
  readonly holder: string;
  /** What was stored with the lock for others to read. */
  readonly metadata: string | undefined;
  /** Milliseconds. What was asked for, or by `extend` since. */
  readonly ttl: number;
  /** When the grant came. */
  readonly acquiredAt: Date;
  /**
   * Until when you have the lock if it is not renewed: `safetyFactor` (0.8) × ttl after the request was sent. (The
   * `expiresAt` of a `LockStatus` is later: the service counts the whole ttl.) For logs; in code, use `remaining()` or `isHeld`.
   */
  readonly expiresAt: Date;
  /**
   * Milliseconds until the deadline, by the clock now; 0 if you do not have the lock.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * await locks.using('report', '30s', (lease) => {
   *   if (lease.remaining() < 5_000) return; // too late for a step that takes 5 s
   *   console.log('goes on');
   * });
   * ```
   */
  remaining(): number;
  /** Whether you have the lock, by the clock now. If the deadline has passed, asking makes `lost` happen at once. */
  readonly isHeld: boolean;
  /**
   * Throws if you do not have the lock. Call it before each step that nobody else may do at the same time.
   *
   * @throws LockLostError that says whether the lock was lost, given back, or its subscription ended.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * await locks.using('ledger', '30s', async (lease) => {
   *   for (const entry of ['a', 'b']) {
   *     lease.assertHeld();
   *     console.log('writes', entry);
   *   }
   * });
   * ```
   */
  assertHeld(): void;
  /**
   * Aborts when the lease ends or its work is asked to stop. Its `reason` is a `LockLostError` after a loss, else an `AbortError`.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { setTimeout } from 'node:timers/promises';
   *
   * const locks = createLocks(memory());
   * await locks.using('report', '30s', async ({ signal }) => {
   *   await setTimeout(100, undefined, { signal }); // so do `fetch`, and most of Node
   * });
   * ```
   */
  readonly signal: AbortSignal;
  /**
   * Emits the event that ended the lease, `lost` or `released`, then completes; for `takeUntil`.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   * import { interval, takeUntil } from 'rxjs';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('report', '30s', { maxHold: '100ms' });
   * interval(30).pipe(takeUntil(lease.ended$)).subscribe((n) => console.log('works', n));
   * ```
   */
  readonly ended$: Observable<LostEvent<Token> | ReleasedEvent<Token> | DetachedEvent<Token>>;
  /**
   * Renews now, besides what is renewed by itself: before a step that must not be interrupted, say. Those of one lease are sent one after
   * the other. `maxHold` and `drainTimeout` stay what they are.
   *
   * @param ttl Another ttl for this lease from now on; see `lock$`. Where it is shorter, the lock is believed in for no longer than that from
   * the call on. A longer one is not asked for while an earlier renewal that was not answered may still arrive, which would cut it short.
   * @returns The new deadline, as `expiresAt` tells it, once the service has confirmed it. A rejection that nobody handles does no harm.
   * @throws LockNetworkError if it was not confirmed in time: the lock is still held, until the deadline that it had, and is renewed as before;
   * LockLostError if it is not held, or is lost meanwhile; LockValidationError, LockConfigError for a ttl that cannot be.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('nightly-report', '30s');
   * await lease.extend('5m'); // a long step without a pause follows
   * console.log(lease.ttl); // 300000
   * await lease.release();
   * ```
   */
  extend(ttl?: Duration): Promise<Date>;
  /**
   * Hands the lock on to another process: stops renewing it here without giving it back, and ends this lease and its stream with
   * `detached`. Whoever gets the handle goes on with `locks.adopt(handle)`, while it is good; else the lock runs out.
   *
   * @returns Plain data that goes through JSON. It is a secret, as a token is: whoever has it has the lock.
   * @throws LockUnsupportedError if the service cannot, for a lease of several locks, and while work of an operator or of `using` runs under it;
   * LockLostError if it is not held, or is lost meanwhile; what the service answers: then it is held as before.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('orders/7', '30s');
   * const adopted = await locks.adopt(await lease.detach());
   * console.log(lease.isHeld, adopted.isHeld, adopted.fencingToken === lease.fencingToken); // false true true
   * await adopted.release();
   * ```
   */
  detach(): Promise<LeaseHandle>;
  /**
   * Gives the lock back. Never rejects; resolves when the service has answered, after one second at most.
   *
   * @example
   * ```ts
   * import { createLocks, memory } from 'rxlock';
   *
   * const locks = createLocks(memory());
   * const lease = await locks.acquire('report', '30s');
   * await lease.release();
   * console.log(lease.isHeld); // false
   * ```
   */
  release(): Promise<void>;
  /** Plain data, for logs. Holds no secret. */
  toJSON(): LeaseJson;
  /** `release()`: with `await using lease = await locks.acquire(…)` it is called at the end of the block. */
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

/** Several locks held as one. Has no token of its own: each member has (`leases[i].fencingToken`). */
export interface CompositeLease<Token = bigint | undefined> extends Lease<undefined> {
  /** In the order in which they were taken: UTF-8 byte order of their names. */
  readonly leases: readonly Lease<Token>[];
}

// ---------------------------------------------------------------------------------------------------- events

/** What every event has. */
export interface EventBase {
  /** Of the lock, as the user wrote it. */
  readonly name: string;
  /** Milliseconds since the epoch. A loss by expiry is stamped with its deadline, however late it was noticed. */
  readonly at: number;
}

/** You wait: somebody else has the lock, or the service cannot be reached. Emitted once for each change. */
export interface WaitingEvent extends EventBase {
  readonly type: 'waiting';
  /** Who has it, if the service tells. */
  readonly holder?: string | undefined;
  /** How the holder has it. */
  readonly mode?: LockMode | undefined;
  /**
   * True if, for the service, this same `Locks` has it, alone or shared with others: you wait until your own program gives it back, or for what is
   * left of a lock that was lost in an outage, which ends at `expiresAt`.
   */
  readonly self?: boolean | undefined;
  /** Until when the holder has it if it is not renewed, by the service's clock, if it tells. */
  readonly expiresAt?: Date | undefined;
  /** How many are before you in the service's queue, if it tells. */
  readonly position?: number | undefined;
  /** How many attempts were made so far. */
  readonly attempt: number;
  /** Milliseconds until the next attempt, unless the service says earlier that the lock is free. Missing in a queue of the service. */
  readonly retryIn?: number | undefined;
  /** Why the service could not be asked. Missing if it has answered. */
  readonly cause?: LockError | undefined;
}

/** You have the lock. */
export interface AcquiredEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'acquired';
  /** What is held: work under the lock looks at it. */
  readonly lease: Lease<Token>;
}

/** The service confirmed a renewal. */
export interface RenewedEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'renewed';
  /** Whose time goes on. */
  readonly lease: Lease<Token>;
}

/** A renewal was not confirmed. You still have the lock, for `remaining` milliseconds more at most. */
export interface UncertainEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'uncertain';
  /** Still held. */
  readonly lease: Lease<Token>;
  /** Milliseconds. */
  readonly remaining: number;
  /** Why, where it is known. What a service throws that is no error is the `cause` of one. */
  readonly cause?: Error | undefined;
}

/** You do not have the lock any more, and you did not give it back. */
export interface LostEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'lost';
  /** Not held any more: its work must stop. */
  readonly lease: Lease<Token>;
  /** Why: `'expired'`, `'refused'`, `'revoked'`, `'session'` or `'connection'`. */
  readonly reason: LostReason;
  /** What the service said, or why the last renewal failed, where it is known. */
  readonly cause?: Error | undefined;
}

/** The lock is given back. Emitted before the release is sent. */
export interface ReleasedEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'released';
  /** Not held any more. */
  readonly lease: Lease<Token>;
}

/** The lock is handed on: held no more here, and not given back. */
export interface DetachedEvent<Token = bigint | undefined> extends EventBase {
  readonly type: 'detached';
  /** Not held any more. */
  readonly lease: Lease<Token>;
}

/** Everything that a lock's stream emits. */
export type LockEvent<Token = bigint | undefined> =
  | WaitingEvent
  | AcquiredEvent<Token>
  | RenewedEvent<Token>
  | UncertainEvent<Token>
  | LostEvent<Token>
  | ReleasedEvent<Token>
  | DetachedEvent<Token>;

/** An event with a lease of another type. */
export type WithLease<E, L> = E extends { readonly lease: unknown } ? Omit<E, 'lease'> & { readonly lease: L } : E;

/** What the stream of several locks emits: the events of a lock, whose lease is a {@link CompositeLease}. */
export type CompositeEvent<Token = bigint | undefined> = WithLease<LockEvent<undefined>, CompositeLease<Token>>;

/** The names of the events. */
export type LockEventType = LockEvent['type'];

/** Everything that one `Locks` does, for logs and metrics: the events of all its locks, and what no single stream can show. */
export type LocksEvent<Token = bigint | undefined> =
  /** Somebody asks for a lock: a subscription, a call, or `'reacquire'` after a loss. */
  | (EventBase & { readonly type: 'requested'; readonly contender: number; readonly ttl: number })
  | (WaitingEvent & { readonly contender?: number | undefined })
  /** Whoever asked has left before it was granted: unsubscribed, or stopped by `until`. */
  | (EventBase & { readonly type: 'withdrawn'; readonly contender: number })
  /** `waited`: milliseconds from subscription to grant. */
  | (AcquiredEvent<Token> & { readonly contender?: number | undefined; readonly waited: number })
  | RenewedEvent<Token>
  | UncertainEvent<Token>
  /** `held`: milliseconds from grant to end. */
  | (LostEvent<Token> & { readonly held: number })
  | (ReleasedEvent<Token> & { readonly held: number })
  | (DetachedEvent<Token> & { readonly held: number })
  /** What the service answered to a release: `gone` if the lock had ended already, `unknown` if no answer came. */
  | (EventBase & {
      readonly type: 'release';
      readonly lease?: Lease<Token>;
      readonly outcome: 'released' | 'gone' | 'unknown';
      readonly cause?: Error | undefined;
    })
  /** An acquisition that ended in an error. */
  | (EventBase & { readonly type: 'error'; readonly contender?: number | undefined; readonly error: Error })
  /** The clean-up of some work failed, or took longer than its `drainTimeout`; the subscriber had left already. */
  | (EventBase & { readonly type: 'drain-error'; readonly lease: Lease<Token>; readonly error: Error });
