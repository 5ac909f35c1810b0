import type { Observable } from 'rxjs';
import type { LockBackend } from '../../contract/backend.js';
import type { LockStatus } from '../../contract/status.js';
import type { Guarding } from './locks/guard.js';
import type { Reply } from './wire/port.js';

/** What Redis can do: everything, but that `watch` looks again and again. */
export interface RedisFeatures {
  readonly fencing: true;
  readonly fifo: true;
  readonly push: false;
  readonly semaphore: true;
  readonly permits: true;
  readonly shared: true;
  readonly metadata: true;
  readonly minHold: true;
}

/** What {@link redis} makes: a backend for `createLocks`, and what else Redis can do. */
export interface RedisBackend extends LockBackend<RedisFeatures> {
  watch(name: string): Observable<LockStatus>;
  list(prefix?: string): Observable<readonly LockStatus[]>;
  revoke(name: string): Observable<void>;
  ping(): Observable<void>;
  /**
   * Runs a Lua script of your own in the same Redis, but only if the lease is still the holder there: nobody who lost the lock without
   * noticing can write. In a Cluster the keys need the lock's hash tag.
   *
   * @param lease A lease of this Redis.
   * @param script As for `EVAL`; it sees its own `KEYS` and `ARGV` alone.
   * @param keys Its keys, without what an ioredis client puts before them.
   * @param args Its arguments.
   * @returns What the script returns.
   * @throws LockLostError (as a rejection) if the lock is not held any more: then the script did not run. LockNetworkError: then nobody knows.
   *
   * @example
   * ```ts
   * import { createLocks } from 'rxlock';
   * import { redis } from 'rxlock/redis';
   *
   * const service = redis('redis://127.0.0.1:6379');
   * const locks = createLocks(service);
   * await locks.using('stock', '30s', async (lease) => {
   *   await service.guarded(lease, "return redis.call('DECR', KEYS[1])", ['stock:{stock}']);
   * });
   * await locks.close();
   * ```
   */
  guarded(
    lease: Guarding,
    script: string,
    keys?: readonly string[],
    args?: readonly (string | number)[],
  ): Promise<Reply>;
}
