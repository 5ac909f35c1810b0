import type { ConnectOptions } from './types.js';

/** Options of a lock, and of a place of a semaphore. */
export interface DistributedOptions extends ConnectOptions {
  /** Its name: no white space, at most 256 bytes. */
  key: string;
  /** How long to wait for it, in seconds, rounded up. 10 by default. */
  acquireTimeoutS?: number | undefined;
  /** The lease, in seconds from 1, rounded down. The server's default if it is absent. */
  leaseTtlS?: number | undefined;
  /** Several servers in place of `host` and `port`: the key decides which. */
  servers?: readonly (readonly [host: string, port: number])[] | undefined;
  /** Which of the servers has a key, by its index. `stableHashShard` by default. */
  shardingStrategy?: ((key: string, numServers: number) => number) | undefined;
  /** Renewal begins at this part of the lease, or at 0.4 of it if that is earlier. 0.5 by default. */
  renewRatio?: number | undefined;
  /** Called, with the token that it had, when it is lost while it is held. */
  onLockLost?: ((key: string, token: string) => unknown) | undefined;
  /**
   * How long the server may take to answer, in milliseconds. 5000 by default, or with 0. A wait may take longer; if it is
   * given, the server is asked meanwhile, on another connection, whether it is still there.
   */
  socketTimeoutMs?: number | undefined;
  /** The server's `--read-timeout`, in seconds: the connection is kept alive well within it. 23 by default. */
  readTimeoutS?: number | undefined;
}

/** Options of `DistributedLock`. */
export type DistributedLockOptions = DistributedOptions;

/** Options of `DistributedSemaphore`. */
export interface DistributedSemaphoreOptions extends DistributedOptions {
  /** How many may have a place at once: the same for all who use it. */
  limit: number;
}

/** Options of `acquire` and `enqueue`. */
export interface ForceOptions {
  /** Give up what the object has, and start anew. False by default: `LockError`. */
  force?: boolean | undefined;
}
