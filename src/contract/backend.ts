import type { Observable } from 'rxjs';
import type { LockError } from './errors.js';
import type { LostReason } from './lease.js';
import type { LockMode } from './options.js';
import type { LockStatus } from './status.js';
import type { Runtime } from './time.js';

/** What a service can do. Literal types, so that the types of leases follow. */
export interface Features {
  /** Grants carry a token that grows. */
  readonly fencing: boolean;
  /** The service queues: `acquire({ wait: true })` answers `queued` and grants in order of arrival. */
  readonly fifo: boolean;
  /** `watch` is pushed by the service, so waiting needs no polling. */
  readonly push: boolean;
  /** There are semaphores: `limit` of a request. */
  readonly semaphore: boolean;
  /** A semaphore gives several permits at once: `permits` of a request. */
  readonly permits: boolean;
  /** A lock can be shared: `mode` of a request. */
  readonly shared: boolean;
  /** A text is stored with a lock, for others to read: `metadata` of a request. */
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
  /** On `clock.elapsed`, read before the request was sent. */
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

/** How the core keeps what is granted. Two locks may be kept differently. */
export interface Keeping {
  /** `false`: it is to run out. */
  readonly renew: boolean;
  /** After which part of its ttl it is renewed. */
  readonly renewRatio: number;
  /** For which part of its ttl it is believed in. */
  readonly safetyFactor: number;
}

/** One attempt to get a lock. */
export interface AcquireRequest {
  /** Of the lock, with the `prefix` of its `Locks`. */
  readonly name: string;
  /** Milliseconds. */
  readonly ttl: number;
  /** May the service queue us? */
  readonly wait: boolean;
  /** `shared`: whoever shares it may have it too, and nobody who does not. Absent: nobody else. */
  readonly mode?: 'shared' | undefined;
  /** Present for a semaphore: how many permits there are. */
  readonly limit?: number | undefined;
  /** Of a semaphore: how many of them are taken, all or none. 1 if absent, at most `limit`. */
  readonly permits?: number | undefined;
  /** To be stored with the lock, for others to read. */
  readonly metadata?: string | undefined;
  /** Who asks: the `holder` of its `Locks`. */
  readonly holder: string;
  /** For a backend that renews where the core does not see it. Absent: what is granted is renewed only when the core asks for it. */
  readonly keeping?: Keeping | undefined;
  /** For a grant that arrives when nobody is subscribed any more: the core releases it, and `close()` waits for that. */
  stray(grant: Grant): void;
}

/** What a backend says during one attempt. `held` and `granted` end it. */
export type AcquireSignal =
  | {
      readonly type: 'queued';
      readonly position?: number | undefined;
      readonly holder?: string | undefined;
      /** How the holder has it. */
      readonly mode?: LockMode | undefined;
      readonly expiresAt?: number | undefined;
      /** The service cannot be asked now. We have the place still, as far as is known. */
      readonly cause?: LockError | undefined;
    }
  | {
      readonly type: 'held';
      readonly holder?: string | undefined;
      /** How the holder has it. */
      readonly mode?: LockMode | undefined;
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

/** The answer for one grant of a batch. */
export interface Released {
  /** Which grant of the batch. */
  readonly index: number;
  /** `'gone'`: the lock had ended already. `'unknown'`: it is tried again. */
  readonly outcome: 'released' | 'gone' | 'unknown';
  /** Why it is not known. */
  readonly cause?: unknown;
}

/** Told by the service: these grants are lost. */
export interface Revocation {
  /** Those that are lost. */
  readonly grants: readonly Grant[];
  /** Why, for the event `lost`. */
  readonly reason: LostReason;
  /** The error behind it. */
  readonly cause?: unknown;
}

/** Which ttls a service can express. All in milliseconds. */
export interface TtlRange {
  /** The shortest. */
  readonly min: number;
  /** The longest. */
  readonly max: number;
  /** 1000 for whole seconds. */
  readonly step: number;
  /** The longest ttl of a lock with `renew: false`, where something else ends it that renewals keep alive. `max` by default. */
  readonly unrenewed?: number | undefined;
}

/**
 * All that a lock service must do. A new service is one object of this type, and `describeBackend` from
 * `rxlock/testing` tells whether it is right.
 *
 * One that is not right harms no lock but its own. What cannot be is no answer:
 *
 * - `acquire` that ends without an answer, or with one that is none (a grant without a `grant`, say): the service could not
 *   be asked, and is asked again by the retry policy; so it is after a `LockError` that is `retryable`. Anything else that is
 *   thrown ends the wait. After `held` or `granted` the attempt is left; what it grants besides is given back at once.
 * - A `retryAfter` that is no number: no hint. A renewal, a release or a revocation that is nothing: nobody's.
 * - Bounds that are none, from a moment to come, or for a ttl that is no number: a grant is given back, a renewal is
 *   `unknown`. Nobody believes in a lock for longer than what was asked for.
 * - `queued` where nobody was to `wait`: the queue is left, and the lock is `held`.
 * - A fencing token that is no `bigint`: the grant is given back. Whether tokens grow, and have 64 bits, is not looked at.
 * - `renew` and `release` that throw, fail or complete: what was not answered is `unknown`. A release is tried for the ttl of
 *   the lock, for 10 s at most; one that was answered needs no completion.
 * - `watch` that throws or fails: waiting goes on by the retry policy alone, and `watch$` fails with that error.
 * - `revoked$` that fails or completes: nothing is heard of revocations any more; the next renewal or the deadline tells.
 * - `status` and `list` that complete without an answer: a `LockNetworkError`.
 */
export interface LockBackend<F extends Features = Features> {
  /** For messages and logs: `'redis'`. */
  readonly name: string;
  /** What the service can do. */
  readonly features: F;
  /** 1 s to 1 h in steps of 1 ms by default. */
  readonly ttl?: TtlRange;
  /**
   * Called by each `Locks` before anything else.
   *
   * @throws LockConfigError if another `Locks` opened it with another clock; LockClosedError if it was closed.
   */
  open?(runtime: Runtime): void;
  /**
   * Called for each name before it is used.
   *
   * @throws LockValidationError if the service cannot take this name.
   */
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
  /** Emits when the service takes locks back. A hot stream. */
  readonly revoked$?: Observable<Revocation>;
  /** The status now and at each change; a fresh snapshot after each reconnect. */
  watch?(name: string): Observable<LockStatus>;
  /** The status of a lock now: emits once, and completes. */
  status(name: string): Observable<LockStatus>;
  /** The locks whose names begin with `prefix`, once. */
  list?(prefix?: string): Observable<readonly LockStatus[]>;
  /**
   * Takes a lock, not a semaphore, from whoever holds it, or from nobody; its end says that this was done. For operators of a
   * system. The holder learns of it by `revoked$` or by his next renewal.
   */
  revoke?(name: string): Observable<void>;
  /** Completes if the service gives a sign of life, else errors: with `LockAuthenticationError` if it does not know us. */
  ping?(): Observable<void>;
  /**
   * For a backend that renews elsewhere, in another thread say: what the service has confirmed meanwhile, read at once.
   * The core asks it each time that anybody looks whether the lock is held, and calls nothing expired before.
   *
   * @returns `undefined` if nothing is known, or if it is lost: then `revoked$` has told that before this returns.
   */
  confirmed?(grant: Grant): Bounds | undefined;
  /**
   * Lets go of a grant without giving it back. From then on nothing that happens here ends it, `close` included.
   *
   * @returns Once: what another process needs to go on holding it, a secret. Errors if it is not held.
   */
  detach?(grant: Grant): Observable<string>;
  /**
   * Takes over what was let go of, by its secret.
   *
   * @returns As `acquire`: `granted` with `confirm`, with the fencing token that it had; or an error: `LockLostError` if it is gone, or
   * was taken over already, where that can be told.
   */
  adopt?(name: string, secret: string, request: AcquireRequest): Observable<AcquireSignal>;
  /** Errors every pending acquire with `LockClosedError` and gives up every resource. Idempotent, and for good. */
  close(): Promise<void>;
}
