import type { Kind } from '../../../backends/dflockd/wire/commands.js';
import type { Wanted } from '../channel/wanted.js';
import { AcquireTimeoutError } from '../document/errors.js';
import type { DistributedOptions, ForceOptions } from '../document/options.js';
import { validateWait } from '../document/validate.js';
import { callBack } from '../signals/call-back.js';
import { ReadableOptions } from './readable-options.js';
import { resolveSettings } from './settings.js';
import { notEnqueued } from './tenure.js';
import { Tenures } from './tenures.js';

/** What a lock and a place of a semaphore have in common. Each has a connection of its own while it is held or queued for. */
export abstract class Distributed extends ReadableOptions {
  readonly #wanted: Wanted;
  readonly #tenures: Tenures;

  /** @internal */
  protected constructor(options: DistributedOptions, kind: Kind, limit: number | undefined) {
    const settings = resolveSettings(options, kind, limit);
    super(settings);
    this.#wanted = { kind, key: settings.key, lease: settings.leaseTtlS, limit };
    this.#tenures = new Tenures(settings, this.#wanted, (token) => {
      callBack('onLockLost', () => this.onLockLost?.(this.key, token));
    });
  }

  /** What it is held by, null if it is not held. A secret, which does not print. */
  get token(): string | null {
    return this.#tenures.current?.held?.token ?? null;
  }

  /** Seconds; 0 if it is not held. */
  get lease(): number {
    return this.#tenures.current?.held?.lease ?? 0;
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
    return tenure.acquire(this.acquireTimeoutS);
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
   * @param timeoutS Whole seconds; `acquireTimeoutS` by default.
   * @returns True if it is held; false if it was not granted in time: then the place is lost.
   * @throws LockError if it was not enqueued, or if its lease ran out in the queue.
   */
  async wait(timeoutS: number = this.acquireTimeoutS): Promise<boolean> {
    validateWait(timeoutS, 'timeoutS');
    const { current } = this.#tenures;
    if (current === undefined) throw notEnqueued(this.#wanted);
    return current.wait(timeoutS);
  }

  /**
   * Gives it back, or leaves its queue. Does nothing if there is nothing to give back. Waits a second at most.
   *
   * @throws LockError if the server says that it was not held any more.
   */
  async release(): Promise<void> {
    await this.#tenures.release();
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
}
