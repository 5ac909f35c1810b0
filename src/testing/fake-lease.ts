import { ReplaySubject, type Observable } from 'rxjs';
import { parseDuration } from '../values/duration.js';
import { LockLostError, LockValidationError } from '../contract/errors.js';
import { rejected } from '../values/rejected.js';
import { refuseUnknown } from '../values/refuse-unknown.js';
import { abortError } from '../values/abort-error.js';
import { causeOf } from '../values/error-of.js';
import { leaseJson } from '../values/lease-json.js';
import { loggable } from '../values/loggable.js';
import type { Duration } from '../contract/time.js';
import type {
  DetachedEvent,
  Lease,
  LeaseHandle,
  LeaseJson,
  LostEvent,
  LostReason,
  ReleasedEvent,
} from '../contract/lease.js';

/** What a fake lease is made of. */
export interface FakeLeaseOptions<Token extends bigint | undefined = bigint | undefined> {
  /** `'fake'` by default. */
  readonly name?: string;
  /** `1n` by default; `undefined` for a service without fencing. */
  readonly fencingToken?: Token;
  /** `'fake#1'` for a lease of the name `'fake'`. */
  readonly id?: string;
  /** `'me'` by default. */
  readonly holder?: string;
  readonly metadata?: string;
  /** `'30s'` by default. */
  readonly ttl?: Duration;
  /** What `remaining()` says while the lease is held: a duration, or a function that gives milliseconds. The ttl by default. */
  readonly remaining?: Duration | (() => number);
  /** 1970-01-01 by default, so that a snapshot of it stays the same. */
  readonly acquiredAt?: Date;
}

/** A lease that a test controls. */
export interface FakeLease<Token extends bigint | undefined = bigint | undefined> extends Lease<Token> {
  /**
   * Loses the lock: `isHeld` becomes false, `signal` aborts with a `LockLostError`, and `ended$` emits. No effect if it has ended.
   *
   * @param reason `'expired'` by default.
   *
   * @example
   * ```ts
   * import { fakeLease } from 'rxlock/testing';
   *
   * const lease = fakeLease({ name: 'orders/7' });
   * lease.lose('revoked');
   * console.log(lease.isHeld, lease.signal.aborted); // false true
   * ```
   */
  lose(reason?: LostReason, cause?: unknown): void;
  /** Why it ended, if it did. */
  readonly ended: 'lost' | 'released' | 'detached' | undefined;
}

const TEXTS = ['name', 'id', 'holder', 'metadata'] as const;
const OPTIONS = new Set<keyof FakeLeaseOptions>([...TEXTS, 'fencingToken', 'ttl', 'remaining', 'acquiredAt']);

function check(options: FakeLeaseOptions): void {
  refuseUnknown(options, OPTIONS);
  const refuse = (option: string, what: string): never => {
    throw new LockValidationError(`${option} is not a ${what}`, { option });
  };
  for (const option of TEXTS) {
    if (options[option] !== undefined && typeof options[option] !== 'string') refuse(option, 'string');
  }
  const { fencingToken, acquiredAt } = options;
  if (fencingToken !== undefined && typeof fencingToken !== 'bigint') refuse('fencingToken', 'bigint');
  if (acquiredAt !== undefined && !(acquiredAt instanceof Date)) refuse('acquiredAt', 'Date');
}

/**
 * A lease that needs no backend, for code that is given one: held until the test loses or releases it, or until
 * `remaining` says 0.
 *
 * @throws LockValidationError for an unknown option, a bad duration and one of another type, naming it.
 *
 * @example
 * ```ts
 * import type { Lease } from 'rxlock';
 * import { fakeLease } from 'rxlock/testing';
 *
 * const save = (row: string, lease: Lease<bigint>) => `UPDATE … WHERE token <= ${lease.fencingToken}`;
 *
 * const lease = fakeLease({ name: 'orders/7', fencingToken: 33n });
 * save('row', lease);
 * lease.lose('revoked');
 * lease.isHeld; // false
 * ```
 */
export function fakeLease<Token extends bigint | undefined = bigint>(
  options: FakeLeaseOptions<Token> = {},
): FakeLease<Token> {
  check(options);
  return new Fake(options);
}

class Fake<Token extends bigint | undefined> implements FakeLease<Token> {
  readonly name: string;
  readonly id: string;
  readonly fencingToken: Token;
  readonly holder: string;
  readonly metadata: string | undefined;
  ttl: number;
  readonly acquiredAt: Date;
  private left: () => number;
  /** `remaining` was given: no renewal changes it. */
  private readonly isFixed: boolean;
  private readonly end$ = new ReplaySubject<LostEvent<Token> | ReleasedEvent<Token> | DetachedEvent<Token>>(1);
  private readonly controller = new AbortController();
  private end: LostEvent<Token> | ReleasedEvent<Token> | DetachedEvent<Token> | undefined;

  constructor(options: FakeLeaseOptions<Token>) {
    const { name = 'fake', ttl = '30s', remaining = ttl } = options;
    this.isFixed = options.remaining !== undefined;
    this.name = name;
    this.id = options.id ?? `${name}#1`;
    // A token that is given as undefined is one; only one that is not given has a default, which the type allows then.
    this.fencingToken = ('fencingToken' in options ? options.fencingToken : 1n) as Token;
    this.holder = options.holder ?? 'me';
    this.metadata = options.metadata;
    this.ttl = parseDuration(ttl, 'ttl');
    const fixed = typeof remaining === 'function' ? 0 : parseDuration(remaining, 'remaining');
    this.left = typeof remaining === 'function' ? remaining : () => fixed;
    this.acquiredAt = options.acquiredAt ?? new Date(0);
  }

  get expiresAt(): Date {
    return new Date(this.acquiredAt.getTime() + this.ttl);
  }

  get ended(): 'lost' | 'released' | 'detached' | undefined {
    return this.end?.type;
  }

  get isHeld(): boolean {
    if (this.end === undefined && this.left() <= 0) this.lose('expired');
    return this.end === undefined;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get ended$(): Observable<LostEvent<Token> | ReleasedEvent<Token> | DetachedEvent<Token>> {
    return this.end$.asObservable();
  }

  remaining(): number {
    return this.isHeld ? this.left() : 0;
  }

  assertHeld(): void {
    if (!this.isHeld) throw this.lostError();
  }

  lose(reason: LostReason = 'expired', cause?: unknown): void {
    const at = this.acquiredAt.getTime();
    this.finish(loggable({ type: 'lost', name: this.name, at, lease: this, reason, cause: causeOf(cause) }));
  }

  extend(ttl?: Duration): Promise<Date> {
    try {
      const wanted = ttl === undefined ? this.ttl : parseDuration(ttl, 'ttl');
      this.assertHeld();
      if (!this.isFixed) this.left = () => wanted;
      this.ttl = wanted;
      return Promise.resolve(this.expiresAt);
    } catch (error) {
      return rejected(error);
    }
  }

  detach(): Promise<LeaseHandle> {
    if (!this.isHeld) return rejected(this.lostError());
    const { name, ttl, fencingToken } = this;
    const goodUntil = this.expiresAt.toISOString();
    const token = fencingToken === undefined ? {} : { fencingToken: fencingToken.toString() };
    this.finish({ type: 'detached', name, at: this.acquiredAt.getTime(), lease: this });
    return Promise.resolve({ version: 1, backend: 'fake', name, ttl, goodUntil, ...token, secret: 'fake' });
  }

  release(): Promise<void> {
    this.finish({ type: 'released', name: this.name, at: this.acquiredAt.getTime(), lease: this });
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  toJSON(): LeaseJson {
    return leaseJson(this, this.end === undefined && this.left() > 0);
  }

  private finish(end: LostEvent<Token> | ReleasedEvent<Token> | DetachedEvent<Token>): void {
    if (this.end !== undefined) return;
    this.end = end;
    const reason = end.type === 'lost' ? this.lostError() : abortError('the lock is being given back');
    this.controller.abort(reason);
    this.end$.next(end);
    this.end$.complete();
  }

  private lostError(): LockLostError {
    const { end, name } = this;
    if (end?.type === 'detached') return new LockLostError(`the lock '${name}' was handed on`, { name });
    if (end?.type !== 'lost') return new LockLostError(`the lock '${name}' was released`, { name });
    return new LockLostError(`the lock '${name}' was lost: ${end.reason}`, {
      name,
      reason: end.reason,
      cause: end.cause,
    });
  }
}
