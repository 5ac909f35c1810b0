import type { Kind } from '../../../backends/dflockd/wire/commands.js';
import { AcquireTimeoutError, LockError } from '../document/errors.js';
import type { DistributedOptions, ForceOptions } from '../document/options.js';
import { wholeWait } from '../document/validate.js';
import { callBack } from '../signals/call-back.js';
import { AssignableOptions } from './assignable-options.js';
import { resolveSettings } from './settings.js';
import { notEnqueued, Tenure } from './tenure.js';
import { Tenures } from './tenures.js';

/** What a program has written into `token` and `lease`. */
interface Written {
  /** What was held then: it counts until that changes. */
  readonly of: object | undefined;
  readonly token: string | null;
  readonly lease: number;
}

/** What a lock and a place of a semaphore have in common. Each has a connection of its own while it is held or queued for. */
export abstract class Distributed extends AssignableOptions {
  readonly #tenures: Tenures;
  #written: Written | undefined;

  /** @internal */
  protected constructor(options: DistributedOptions, kind: Kind, limit: number | undefined) {
    super(resolveSettings(options, kind, limit), options.servers);
    this.#tenures = new Tenures((ended) => this.#tenure(kind, ended));
  }

  /**
   * What it is held by, null if it is not held. A secret, which does not print. What is assigned is what `release()` gives
   * back, until what is held changes.
   */
  get token(): string | null {
    return this.#shown.token;
  }

  /** Shown until what is held changes. */
  set token(token: string | null) {
    this.#written = { ...this.#shown, token };
  }

  /** Seconds, as the server told them; 0 if it is not held. What is assigned is shown until what is held changes. */
  get lease(): number {
    return this.#shown.lease;
  }

  /** Shown until what is held changes. */
  set lease(lease: number) {
    this.#written = { ...this.#shown, lease };
  }

  /**
   * Takes it, waiting at most `acquireTimeoutS`; it is renewed until it is released.
   *
   * @param options `force`: give up what this object has, and start anew; false by default.
   * @returns False if it was not granted in time.
   * @throws LockError
   */
  async acquire({ force = false }: ForceOptions = {}): Promise<boolean> {
    const tenure = await this.#tenures.begin(force);
    return tenure.acquire();
  }

  /**
   * Takes it, or a place in its queue, at once. `wait()` waits for the turn.
   *
   * @param options `force`: give up what this object has, and start anew; false by default.
   * @throws LockError
   */
  async enqueue({ force = false }: ForceOptions = {}): Promise<'acquired' | 'queued'> {
    const tenure = await this.#tenures.begin(force);
    return tenure.enqueue();
  }

  /**
   * Waits for the turn after `enqueue()`.
   *
   * @param timeoutS Seconds, rounded up; `acquireTimeoutS` by default.
   * @returns True if it is held; false if it was not granted in time: then the place is lost.
   * @throws LockError if it was not enqueued, or if its lease ran out in the queue.
   */
  async wait(timeoutS: number = this.acquireTimeoutS): Promise<boolean> {
    const seconds = wholeWait(timeoutS, 'timeoutS');
    const { current } = this.#tenures;
    if (current === undefined) throw notEnqueued(this.key);
    return current.wait(seconds);
  }

  /**
   * Gives it back, or leaves its queue. Waits a second at most.
   *
   * @throws LockError if there is nothing to give back, or if the server says that it was not held any more.
   */
  async release(): Promise<void> {
    const { of, token } = this.#shown;
    if (this.#tenures.current === undefined || (of !== undefined && token === null)) {
      throw new LockError(`'${this.key}' is not held or queued for by this object`, { name: this.key });
    }
    await this.#tenures.release(token ?? undefined);
  }

  /**
   * Runs something while it is held.
   *
   * @returns What that returns.
   * @throws AcquireTimeoutError if it was not granted in time; LockError; what the function throws.
   */
  async withLock<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    if (!(await this.acquire())) throw new AcquireTimeoutError(this.key);
    const tenure = this.#tenures.current;
    try {
      return await fn();
    } finally {
      // The result or the error of the work counts; of a loss `onLockLost` tells. What was taken since is not given back.
      if (this.#tenures.current === tenure) await this.release().catch(() => undefined);
    }
  }

  /** Closes the connection, with which the server frees what it has. The object can be used again. */
  close(): void {
    this.#tenures.close();
  }

  /** One more, by what the options are set to now. */
  #tenure(kind: Kind, ended: (tenure: Tenure) => void): Tenure {
    // A place of a semaphore has it.
    const { limit } = this as { readonly limit?: number };
    const settings = resolveSettings(this, kind, limit);
    this.#written = undefined;
    const { key, leaseTtlS: lease } = settings;
    const lost = (token: string): void => {
      callBack('onLockLost', () => this.onLockLost?.(key, token));
    };
    return new Tenure(settings, { kind, key, lease, limit }, lost, ended);
  }

  get #shown(): Written {
    const held = this.#tenures.current?.held;
    if (this.#written?.of === held && this.#written !== undefined) return this.#written;
    return { of: held, token: held?.token ?? null, lease: held?.lease ?? 0 };
  }
}
