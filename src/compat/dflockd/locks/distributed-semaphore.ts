import { Distributed } from './distributed.js';
import type { DistributedSemaphoreOptions } from '../document/options.js';

/**
 * A place of a semaphore of dflockd; its methods are those of `DistributedLock`.
 *
 * @param options Those of `DistributedLock`, and `limit`: how many may have a place at once, the same for all who use it.
 * @throws LockError for a bad option, naming it.
 *
 * @example
 * ```ts
 * import { DistributedSemaphore } from 'rxlock/compat/dflockd';
 *
 * const place = new DistributedSemaphore({ key: 'printers', limit: 3 });
 * await place.withLock(async () => {
 *   console.log('one of three');
 * });
 * ```
 */
export class DistributedSemaphore extends Distributed {
  /** How many may have a place at once. */
  limit: number;

  constructor(options: DistributedSemaphoreOptions) {
    super(options, 's', options.limit);
    this.limit = options.limit;
  }
}
