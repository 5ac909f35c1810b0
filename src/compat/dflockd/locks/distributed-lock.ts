import { Distributed } from './distributed.js';
import type { DistributedLockOptions } from '../document/options.js';

/**
 * A lock of dflockd with the methods, seconds, results and errors of its documented TypeScript client: a program that was
 * written for that changes its import only.
 *
 * @param options `key`, `acquireTimeoutS` (10 s), `leaseTtlS` (the server's default), `host` (`'127.0.0.1'`), `port` (6388), `servers`,
 * `shardingStrategy`, `renewRatio` (0.5), `tls`, `auth`, `onLockLost`, `connectTimeoutMs`, `socketTimeoutMs`, `readTimeoutS` (23 s).
 * @throws LockError for a bad option, naming it.
 *
 * @example
 * ```ts
 * import { DistributedLock } from 'rxlock/compat/dflockd';
 *
 * const lock = new DistributedLock({ key: 'my-resource', leaseTtlS: 20 });
 * await lock.withLock(async () => {
 *   console.log('the lock is held here');
 * });
 * ```
 */
export class DistributedLock extends Distributed {
  constructor(options: DistributedLockOptions) {
    super(options, '', undefined);
  }
}
