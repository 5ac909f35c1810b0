import { DEFAULT_HOST, DEFAULT_PORT } from '../../backends/dflockd/options.js';
import type { Kind } from '../../backends/dflockd/commands.js';
import { LockClosedError } from '../../errors.js';
import { reportErrors } from '../../report-errors.js';
import type { Channel } from './channel.js';
import { AcquireTimeoutError, LockError } from './errors.js';
import { Keeper } from './keeper.js';
import { openChannel, validateConnection } from './open-channel.js';
import type { DistributedOptions, ForceOptions } from './options.js';
import { stableHashShard } from './stable-hash-shard.js';
import { invalid, validateKey, validateLease, validateLimit, validateWait } from './validate.js';
import { awaitTurn, giveBack, take, takePlace, type Confirmed, type Wanted } from './wire.js';

const DEFAULT_ACQUIRE_TIMEOUT = 10;
const DEFAULT_RENEW_RATIO = 0.5;

/** What a lock and a place of a semaphore have in common. Each has a connection of its own while it is held or queued for. */
export abstract class Distributed {
  readonly key: string;
  /** Seconds. */
  readonly acquireTimeoutS: number;
  /** Seconds; the server's default if it is absent. */
  readonly leaseTtlS: number | undefined;
  readonly host: string;
  readonly port: number;
  readonly servers: readonly (readonly [host: string, port: number])[];
  readonly shardingStrategy: (key: string, numServers: number) => number;
  readonly renewRatio: number;
  readonly onLockLost: ((key: string, token: string) => void) | undefined;
  /** Milliseconds. */
  readonly connectTimeoutMs: number | undefined;
  /** Milliseconds. */
  readonly socketTimeoutMs: number | undefined;
  /** Seconds. */
  readonly readTimeoutS: number | undefined;
  readonly #options: DistributedOptions;
  readonly #wanted: Wanted;
  #channel: Channel | undefined;
  #keeper: Keeper | undefined;
  #granted: Confirmed | undefined;
  #isQueued = false;

  /** @internal */
  protected constructor(options: DistributedOptions, kind: Kind, limit: number | undefined) {
    const { key, acquireTimeoutS = DEFAULT_ACQUIRE_TIMEOUT, leaseTtlS, renewRatio = DEFAULT_RENEW_RATIO } = options;
    const { host = DEFAULT_HOST, port = DEFAULT_PORT, shardingStrategy = stableHashShard } = options;
    const { servers = [[host, port]] } = options;
    validateKey(key);
    validateWait(acquireTimeoutS, 'acquireTimeoutS');
    validateLease(leaseTtlS);
    if (kind === 's') validateLimit(limit as number);
    if (!(renewRatio > 0 && renewRatio < 1)) throw invalid('renewRatio', 'renewRatio is not between 0 and 1');
    if (!isList(servers)) throw invalid('servers', 'servers is no list of servers');
    validateConnection({ ...options, host, port });
    for (const [name, number] of servers) validateConnection({ host: name, port: number });
    this.#options = { ...options };
    this.#wanted = { kind, key, lease: leaseTtlS, limit };
    this.key = key;
    this.acquireTimeoutS = acquireTimeoutS;
    this.leaseTtlS = leaseTtlS;
    this.host = host;
    this.port = port;
    this.servers = servers;
    this.shardingStrategy = shardingStrategy;
    this.renewRatio = renewRatio;
    this.onLockLost = options.onLockLost;
    this.connectTimeoutMs = options.connectTimeoutMs;
    this.socketTimeoutMs = options.socketTimeoutMs;
    this.readTimeoutS = options.readTimeoutS;
  }

  /** The server's auth token: a secret, which does not print. */
  get auth(): string | undefined {
    return this.#options.auth;
  }

  /** How connections are secured. It may hold a secret, and does not print. */
  get tls(): DistributedOptions['tls'] {
    return this.#options.tls;
  }

  /** What it is held by, null if it is not held. A secret, which does not print. */
  get token(): string | null {
    return this.#held?.token ?? null;
  }

  /** Seconds; 0 if it is not held. */
  get lease(): number {
    return this.#held?.lease ?? 0;
  }

  /**
   * Takes it, waiting at most `acquireTimeoutS`; it is renewed until it is released.
   *
   * @param options `force`: give up what this object has, and start anew; false by default.
   * @returns False if it was not granted in time.
   * @throws LockError
   */
  async acquire({ force = false }: ForceOptions = {}): Promise<boolean> {
    const channel = await this.#begin(force);
    return this.#settle(channel, take(channel, this.#wanted, this.acquireTimeoutS));
  }

  /**
   * Takes it, or a place in its queue, at once. `wait()` waits for the turn.
   *
   * @param options `force`: give up what this object has, and start anew; false by default.
   * @throws LockError
   */
  async enqueue({ force = false }: ForceOptions = {}): Promise<'acquired' | 'queued'> {
    const channel = await this.#begin(force);
    try {
      const answer = await takePlace(channel, this.#wanted);
      this.#assertCurrent(channel);
      if (answer === 'queued') this.#isQueued = true;
      else this.#hold(channel, answer);
      return answer === 'queued' ? 'queued' : 'acquired';
    } catch (error) {
      this.#leave(channel);
      throw error;
    }
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
    if (this.#held !== undefined) return true;
    const channel = this.#channel;
    if (channel === undefined || !this.#isQueued)
      throw new LockError(`'${this.key}' is not enqueued`, { name: this.key });
    this.#isQueued = false;
    return this.#settle(channel, awaitTurn(channel, this.#wanted, timeoutS));
  }

  /**
   * Gives it back, or leaves its queue. Does nothing if there is nothing to give back.
   *
   * @throws LockError if the server says that it was not held any more.
   */
  async release(): Promise<void> {
    const channel = this.#channel;
    const granted = this.#held;
    if (channel === undefined) return;
    this.#forget(channel);
    try {
      if (granted !== undefined) await giveBack(channel, this.#wanted.kind, this.key, granted.token);
    } catch (error) {
      // If the connection is at fault, the server frees the lock with it.
      if (channel.connection.hasAnswered && channel.error === undefined && !isUnanswered(error)) throw error;
    } finally {
      channel.close(new LockClosedError(`'${this.key}' was released`));
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
    try {
      return await fn();
    } finally {
      // The result or the error of the work counts; of a loss `onLockLost` tells.
      await this.release().catch(() => undefined);
    }
  }

  /** Closes the connection, with which the server frees what it has. The object can be used again. */
  close(): void {
    const channel = this.#channel;
    if (channel !== undefined) this.#leave(channel);
  }

  get #held(): Confirmed | undefined {
    return this.#keeper?.check() === true ? this.#granted : undefined;
  }

  async #begin(force: boolean): Promise<Channel> {
    // Between a loss and the next look at the clock nothing is held.
    this.#keeper?.check();
    while (this.#channel !== undefined) {
      if (!force) {
        throw new LockError(`'${this.key}' is held, queued or being acquired by this object already`, {
          name: this.key,
        });
      }
      // What it had may be lost already.
      await this.release().catch(() => undefined);
    }
    const [host, port] = this.#server();
    const channel = openChannel({ ...this.#options, host, port });
    this.#channel = channel;
    channel.onEnd(() => {
      // A holder is told by its keeper, whoever queues by the next call.
      if (this.#keeper === undefined && !this.#isQueued) this.#forget(channel);
    });
    return channel;
  }

  #server(): readonly [string, number] {
    const { servers, key } = this;
    if (servers.length === 1) return servers[0] as readonly [string, number];
    const server = servers[this.shardingStrategy(key, servers.length)];
    if (server === undefined) throw invalid('shardingStrategy', 'shardingStrategy gave no index of a server');
    return server;
  }

  async #settle(channel: Channel, granting: Promise<Confirmed>): Promise<boolean> {
    try {
      const granted = await granting;
      this.#assertCurrent(channel);
      this.#hold(channel, granted);
      if (this.#held === undefined)
        throw new LockError(`'${this.key}' ran out before it could be used`, { name: this.key });
      return true;
    } catch (error) {
      this.#leave(channel);
      if (error instanceof AcquireTimeoutError) return false;
      throw error;
    }
  }

  #assertCurrent(channel: Channel): void {
    if (this.#channel !== channel) throw new LockError(`'${this.key}' was given up meanwhile`, { name: this.key });
  }

  #hold(channel: Channel, granted: Confirmed): void {
    this.#granted = granted;
    this.#keeper = new Keeper({
      channel,
      wanted: this.#wanted,
      granted,
      ratio: this.renewRatio,
      lost: () => {
        this.#leave(channel);
        reportErrors(() => this.onLockLost?.(this.key, granted.token));
      },
    });
  }

  #leave(channel: Channel): void {
    this.#forget(channel);
    channel.close(new LockClosedError(`'${this.key}' was given up`));
  }

  #forget(channel: Channel): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#keeper?.stop();
    this.#keeper = undefined;
    this.#granted = undefined;
    this.#isQueued = false;
  }
}

function isUnanswered(error: unknown): boolean {
  return error instanceof LockError && error.message.includes(' did not answer within ');
}

function isList(servers: unknown): boolean {
  return Array.isArray(servers) && servers.length > 0;
}
