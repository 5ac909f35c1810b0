import type { LockTable } from '../../table/lock-table.js';
import type { LockBackend } from '../../types.js';
import { MemoryBackend, type MemoryFeatures } from './memory-backend.js';

/** Options of {@link memory}. */
export interface MemoryOptions {
  /** Shared with others, who are excluded too. One of its own by default. */
  readonly table?: LockTable;
}

/**
 * The embedded backend: locks inside this process, with nothing to install. It can do everything that a lock service can,
 * so what works with it is ready for another; it excludes nobody outside of this process.
 *
 * All `Locks` made of one such object exclude each other.
 *
 * @param options `table`: a lock table that others use as well.
 * @throws LockConfigError from `createLocks` if the same object is in use with another clock.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 *
 * const locks = createLocks(memory());
 * await locks.using('nightly-report', '30s', async (lease) => console.log(lease.fencingToken)); // 1n
 * await locks.close();
 * ```
 */
export function memory(options: MemoryOptions = {}): LockBackend<MemoryFeatures> {
  return new MemoryBackend(options.table);
}
