import type { Kind } from '../../../backends/dflockd/wire/commands.js';
import { callBack } from '../signals/call-back.js';
import { AcquireTimeoutError, LockError } from '../document/errors.js';
import type { DistributedOptions, ForceOptions } from '../document/options.js';
import { resolveSettings, type Settings } from './settings.js';
import { notEnqueued, Tenure } from './tenure.js';
import { validateWait } from '../document/validate.js';
import type { Wanted } from '../channel/wanted.js';

/** What a lock and a place of a semaphore have in common. Each has a connection of its own while it is held or queued for. */
export abstract class Distributed {
  /** Its name. */
  readonly key: string;
  /** Seconds. */
  readonly acquireTimeoutS: number;
  /** Seconds; the server's default if it is absent. */
  readonly leaseTtlS: number | undefined;
  /** Of the server, if `servers` were not given. */
  readonly host: string;
  /** Of the server, if `servers` were not given. */
  readonly port: number;
  /** All of them; `host` and `port` if there is one. */
  readonly servers: readonly (readonly [host: string, port: number])[];
  /** Which of the servers has a key, by its index. */
  readonly shardingStrategy: (key: string, numServers: number) => number;
  /** Renewal begins at this part of the lease, or at 0.4 of it if that is earlier. */
  readonly renewRatio: number;
  /** Called, with the token that it had, when it is lost while it is held. */
  readonly onLockLost: ((key: string, token: string) => unknown) | undefined;
  /** Milliseconds. */
  readonly connectTimeoutMs: number | undefined;
  /** Milliseconds. */
  readonly socketTimeoutMs: number | undefined;
  /** Seconds. */
  readonly readTimeoutS: number | undefined;
  readonly #settings: Settings;
  readonly #wanted: Wanted;
  #tenure: Tenure | undefined;
  /** The one before, which may still be being given back. */
  #former: Tenure | undefined;
  #released: Promise<void> | undefined;

  /** @internal */
  protected constructor(options: DistributedOptions, kind: Kind, limit: number | undefined) {
    const settings = resolveSettings(options, kind, limit);
    this.#settings = settings;
    this.#wanted = { kind, key: settings.key, lease: settings.leaseTtlS, limit };
    this.key = settings.key;
    this.acquireTimeoutS = settings.acquireTimeoutS;
    this.leaseTtlS = settings.leaseTtlS;
    this.host = settings.host;
    this.port = settings.port;
    this.servers = settings.servers;
    this.shardingStrategy = settings.shardingStrategy;
    this.renewRatio = settings.renewRatio;
    this.onLockLost = settings.onLockLost;
    this.connectTimeoutMs = settings.connectTimeoutMs;
    this.socketTimeoutMs = settings.socketTimeoutMs;
    this.readTimeoutS = settings.readTimeoutS;
  }

  /** The server's auth token: a secret, which does not print. */
  get auth(): string | undefined {
    return this.#settings.auth;
  }

  /** How connections are secured. It may hold a secret, and does not print. */
  get tls(): DistributedOptions['tls'] {
    return this.#settings.tls;
  }

  /** What it is held by, null if it is not held. A secret, which does not print. */
  get token(): string | null {
    return this.#tenure?.held?.token ?? null;
  }

  /** Seconds; 0 if it is not held. */
  get lease(): number {
    return this.#tenure?.held?.lease ?? 0;
  }

  /**
   * Takes it, waiting at most `acquireTimeoutS`; it is renewed until it is released.
   *
   * @param options `force`: give up what this object has, and start anew; false by default.
   * @returns False if it was not granted in time.
   * @throws LockError
   */
  async acquire({ force = false }: ForceOptions = {}): Promise<boolean> {
    const tenure = this.#begin(force);
    await this.#left();
    return tenure.acquire(this.acquireTimeoutS);
  }

  /**
   * Takes it, or a place in its queue, at once. `wait()` waits for the turn.
   *
   * @param options `force`: give up what this object has, and start anew; false by default.
   * @throws LockError
   */
  async enqueue({ force = false }: ForceOptions = {}): Promise<'acquired' | 'queued'> {
    const tenure = this.#begin(force);
    await this.#left();
    return tenure.enqueue();
  }

  /**
   * Waits for the turn after `enqueue()`.
   *
   * @param timeoutS Whole seconds; `acquireTimeoutS` by default.
   * @returns True if it is held; false if it was not granted in time: then the place is lost.
   * @throws LockError if it was not enqueued, or if its lease ran out in the queue.
   */
  async wait(timeoutS: number = this.acquireTimeoutS): Promise<boolean> {
    validateWait(timeoutS, 'timeoutS');
    if (this.#tenure === undefined) throw notEnqueued(this.#wanted);
    return this.#tenure.wait(timeoutS);
  }

  /**
   * Gives it back, or leaves its queue. Does nothing if there is nothing to give back. Waits a second at most.
   *
   * @throws LockError if the server says that it was not held any more.
   */
  async release(): Promise<void> {
    if (this.#tenure !== undefined) {
      this.#former = this.#tenure;
      this.#released = this.#tenure.release();
    }
    const released = this.#released;
    try {
      await released;
    } finally {
      if (this.#released === released) this.#released = undefined;
    }
  }

  /**
   * Runs something while it is held.
   *
   * @returns What that returns.
   * @throws AcquireTimeoutError if it was not granted in time; LockError; what the function throws.
   */
  async withLock<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    if (!(await this.acquire())) throw new AcquireTimeoutError(this.key);
    const tenure = this.#tenure;
    try {
      return await fn();
    } finally {
      // The result or the error of the work counts; of a loss `onLockLost` tells. What was taken since is not given back.
      if (this.#tenure === tenure) await this.release().catch(() => undefined);
    }
  }

  /** Closes the connection, with which the server frees what it has. The object can be used again. */
  close(): void {
    this.#former?.close();
    this.#tenure?.close();
  }

  #begin(force: boolean): Tenure {
    const former = this.#tenure;
    // Between a loss and the next look at the clock nothing is held.
    if (former?.held === undefined && former?.isBroken === true) former.close();
    if (this.#tenure !== undefined) {
      const { key } = this;
      if (!force)
        throw new LockError(`'${key}' is held, queued or being acquired by this object already`, { name: key });
      // What it had may be lost already.
      this.release().catch(() => undefined);
    }
    const tenure = new Tenure(
      this.#settings,
      this.#wanted,
      (token) => {
        callBack('onLockLost', () => this.onLockLost?.(this.key, token));
      },
      (ended) => {
        if (this.#tenure === ended) this.#tenure = undefined;
      },
    );
    this.#tenure = tenure;
    return tenure;
  }

  /** What was held before is given back before it is asked for again. */
  async #left(): Promise<void> {
    await this.#released?.catch(() => undefined);
  }
}
