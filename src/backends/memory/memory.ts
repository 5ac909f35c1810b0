import { parseDuration } from '../../values/duration.js';
import { invalid } from '../../values/invalid.js';
import { refuseUnknown } from '../../values/refuse-unknown.js';
import { LockTable } from '../../table/lock-table.js';
import type { LockBackend } from '../../contract/backend.js';
import type { Duration } from '../../contract/time.js';
import { MemoryBackend, type MemoryFeatures } from './memory-backend.js';

/** Options of {@link memory}. */
export interface MemoryOptions {
  /**
   * How long a lock stays taken after its holder has _expired_: it was silent for its whole ttl, and may still be at work without
   * knowing. Not after one that gave it back, be it because its own deadline had passed. 0 by default; for work that cannot be fenced.
   */
  readonly lockDelay?: Duration | undefined;
  /**
   * Shared with others, who are excluded too. One of its own by default.
   *
   * @internal
   */
  readonly table?: object;
}

const OPTIONS: ReadonlySet<string> = new Set(['table', 'lockDelay']);

/** The embedded backend can do everything that a backend may do. */
export type EmbeddedBackend = LockBackend<MemoryFeatures> &
  Required<Pick<LockBackend, 'watch' | 'list' | 'revoke' | 'ping' | 'detach' | 'adopt'>>;

/**
 * The embedded backend: locks inside this process, with nothing to install. It can do everything that a lock service can,
 * so what works with it is ready for another.
 *
 * Whom it excludes: this process; in a browser: this page. Another process, worker or tab knows nothing of these locks.
 *
 * All `Locks` made of one such object exclude each other. With the last of them it is closed, for good.
 *
 * @throws LockValidationError for an option that does not exist. LockConfigError from
 * `createLocks` if the same object is in use with another clock, LockClosedError if it was closed.
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
export function memory(options: MemoryOptions = {}): EmbeddedBackend {
  refuseUnknown(options, OPTIONS);
  const { table, lockDelay } = options;
  if (table !== undefined && !(table instanceof LockTable)) {
    throw invalid('table', 'is no lock table');
  }
  if (lockDelay === undefined) return new MemoryBackend(table);
  if (table !== undefined) throw invalid('lockDelay', 'is for a table of its own');
  return new MemoryBackend(undefined, { lockDelay: parseDuration(lockDelay, 'lockDelay') });
}
