import { defer, type Observable } from 'rxjs';
import { isUnderstood } from '../../backends/octostore/wire/answer.js';
import { abortReason } from '../../values/abort-reason.js';
import type { Transport, TransportOptions } from '../../backends/octostore/wire/transport.js';
import { systemRuntime } from '../../values/system-runtime.js';
import { LockLostError } from '../../contract/errors.js';
import type { Locks, Work } from '../../contract/locks.js';
import type { Lease } from '../../contract/lease.js';
import type { Runtime } from '../../contract/time.js';
import { Engine, statusCall } from './engine/engine.js';
import {
  checkCall,
  resolveClient,
  resolveTimeout,
  resolveWait,
  type OctoStoreClientOptions,
} from './document/options.js';
import { readHealth, readInfo, readList } from './document/read.js';
import { isLeaseLost, refusalOf, RELEASE, translated } from './document/translate.js';
import type {
  AcquireLockOptions,
  AcquireResult,
  CallOptions,
  LockInfo,
  LockOptions,
  RenewResult,
  TokenInfo,
  UserLock,
} from './document/types.js';
import { validateLeaseId, validateName, validateTtl } from './document/validate.js';

/** Seconds. */
export const DEFAULT_TTL = 60;

const CALL: ReadonlySet<string> = new Set(['signal']);
const PATIENT: ReadonlySet<string> = new Set(['signal', 'wait']);

/**
 * What `OctoStoreClient` can do, on Node and in browsers alike.
 *
 * All times are seconds, but for `timeout` and `wait`, which are milliseconds. Every method rejects with an
 * `OctoStoreError`, or, when it was cancelled, with the reason of its signal.
 */
export abstract class Client {
  readonly #engine: Engine;

  /** @internal */
  protected constructor(
    options: OctoStoreClientOptions,
    connect: (options: TransportOptions) => Transport,
    runtime: Runtime = systemRuntime,
  ) {
    this.#engine = new Engine(resolveClient(options), connect, runtime);
  }

  /**
   * Asks for the server's health; needs no token.
   *
   * @returns `'ok'`, whichever way the server says it.
   */
  async health(options: CallOptions = {}): Promise<string> {
    checkCall(options, CALL);
    const call = { what: 'tell its health', path: '/health', anonymous: true };
    return readHealth(await this.#engine.ask(call, options.signal));
  }

  /**
   * Acquires a lock for some time. Nobody renews it: see {@link lock} for one that is.
   *
   * @param name Letters, digits, hyphens and dots, at most 128; today's server takes 64.
   * @param ttl Whole seconds, 1 to 3600; 60 by default.
   * @param options `signal` cancels; what was granted all the same is given back where it surely is nobody else's. `wait`: how long to try, 0 by default.
   * @throws LockHeldError if somebody else has it. A lock that this owner has already is given once more: the owner is the
   * token, or, with the client's option `session`, the client.
   */
  async acquireLock(name: string, ttl = DEFAULT_TTL, options: AcquireLockOptions = {}): Promise<AcquireResult> {
    validateName(name);
    validateTtl(ttl);
    checkCall(options, PATIENT);
    return this.#engine.acquire(name, ttl, resolveWait(options.wait ?? 0), options.signal);
  }

  /** Gives a lock back. One that is not ours any more is given back already. */
  async releaseLock(name: string, leaseId: string, options: CallOptions = {}): Promise<void> {
    validateName(name);
    validateLeaseId(leaseId);
    checkCall(options, CALL);
    const path = `/locks/${encodeURIComponent(name)}/release`;
    const body = { lease_id: leaseId };
    const call = { what: RELEASE, lock: name, method: 'POST', path, body, lane: 'hold' } as const;
    const answer = await this.#engine.ask(call, options.signal);
    const isLost = isLeaseLost(answer);
    if (!isUnderstood(answer) && !isLost) throw refusalOf(answer);
    this.#engine.dropped(leaseId);
  }

  /**
   * Extends a lock.
   *
   * @param ttl Whole seconds from now, 1 to 3600; 60 by default.
   * @throws LockError if the lock is lost; it is a `LockLostError` of `rxlock` as well.
   */
  async renewLock(name: string, leaseId: string, ttl = DEFAULT_TTL, options: CallOptions = {}): Promise<RenewResult> {
    validateName(name);
    validateLeaseId(leaseId);
    validateTtl(ttl);
    checkCall(options, CALL);
    return this.#engine.renew(name, leaseId, ttl, options.signal);
  }

  /** Tells who has a lock. */
  async getLockStatus(name: string, options: CallOptions = {}): Promise<LockInfo> {
    validateName(name);
    checkCall(options, CALL);
    return readInfo(await this.#engine.ask(statusCall(name), options.signal), name);
  }

  /**
   * Lists the locks of this owner.
   *
   * Today's server lists those of everybody, and no leases. What was acquired through this client is known, and has its
   * lease; as soon as the list has shown one of those, it tells who this owner is. Before that, after a restart say, what
   * this owner holds besides cannot be told from the locks of strangers, and is left out with them.
   */
  async listLocks(options: CallOptions = {}): Promise<UserLock[]> {
    checkCall(options, CALL);
    const answer = await this.#engine.ask({ what: 'list the locks', path: '/locks' }, options.signal);
    return this.#engine.ownOf(readList(answer));
  }

  /**
   * Replaces the token. The client uses the new one from then on, and so does what is under way; the old one is dead.
   * Whoever cancels it does not stop it: the client learns its new token all the same.
   */
  async rotateToken(options: CallOptions = {}): Promise<TokenInfo> {
    checkCall(options, CALL);
    return this.#engine.rotate(options.signal);
  }

  /** Sets how long one request may take from now on: milliseconds. */
  setTimeout(timeout: number): this {
    this.#engine.timeout = resolveTimeout(timeout);
    return this;
  }

  /**
   * Acquires a lock, and renews it until it is released. Hangs on a session, so it excludes everybody else, this client's
   * own `acquireLock` included.
   *
   * @param ttl Whole seconds, 1 to 3600; 60 by default: how long the server keeps it for a process that has fallen silent.
   * @param options `wait` (`true`), `signal`.
   * @returns A lease of rxlock: `fencingToken` is a `bigint`, `signal` aborts when the lock is lost, `await using` releases.
   * @throws LockHeldError after `wait`.
   */
  async lock(name: string, ttl = DEFAULT_TTL, options: LockOptions = {}): Promise<Lease<bigint>> {
    validateName(name);
    validateTtl(ttl);
    checkCall(options, PATIENT);
    try {
      return await this.locks.acquire(name, `${String(ttl)}s`, options);
    } catch (error) {
      throw isReason(error, options.signal) ? error : translated(error);
    }
  }

  /**
   * Runs work under a lock, which is renewed until the work has settled, and released then.
   *
   * @param work Gets the lease. Its `signal` aborts when the lock is lost; then this rejects with a `LockError`.
   * @returns What the work gives.
   * @throws LockHeldError after `wait`; what the work throws.
   */
  async withLock<R>(name: string, ttl: number, work: Work<Lease<bigint>, R>, options: LockOptions = {}): Promise<R> {
    validateName(name);
    validateTtl(ttl);
    checkCall(options, PATIENT);
    const { signal } = options;
    let theirs: unknown = NOTHING;
    const guarded = async (lease: Lease<bigint>): Promise<R> => {
      try {
        return await work(lease);
      } catch (error) {
        theirs = error;
        throw error;
      }
    };
    try {
      return await this.locks.using(name, `${String(ttl)}s`, guarded, options);
    } catch (error) {
      const isTheirs = error === theirs && !isLossOf(name, error);
      throw isTheirs || isReason(error, signal) ? error : translated(error);
    }
  }

  /**
   * Follows a lock's status: now, and at each change, be it pushed by the server or found by asking every 5 s. Goes on
   * through outages; errors with an `OctoStoreError` that no retry can mend.
   */
  watchLock$(name: string): Observable<LockInfo> {
    validateName(name);
    return defer(() => this.#engine.watch(name));
  }

  /** rxlock's own way to the same account, made when it is first asked for: `client.locks.lock$('name', '30s')`. */
  get locks(): Locks<bigint> {
    return this.#engine.locks;
  }

  /**
   * Gives back everything that was acquired through this client, ends what is under way, and closes all connections.
   * Takes two seconds at most, whatever the server does, or your work under `withLock`. Never rejects. A client that holds
   * nothing need not be closed.
   */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** `close()`: `await using client = new OctoStoreClient()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** `close()`, for which nobody waits: `using client = new OctoStoreClient()`. */
  [Symbol.dispose](): void {
    void this.close();
  }
}

const NOTHING = Symbol('the work has not failed');

/** Work may throw on what its lease has told it. */
function isLossOf(name: string, error: unknown): boolean {
  return error instanceof LockLostError && error.lockName === name;
}

function isReason(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && error === abortReason(signal);
}
