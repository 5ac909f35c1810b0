import type { Observable } from 'rxjs';
import { memory } from './backends/memory/memory.js';
import { createLocks } from './locks/create-locks.js';
import { LockConfigError } from './contract/errors.js';
import type { Locks } from './contract/locks.js';
import type { Duration } from './contract/time.js';
import type { LockEvent } from './contract/lease.js';
import type { LockOptions } from './contract/options.js';

/** One slot a process: the ESM and CJS builds, and two copies of the package, must not each have a lock of their own. */
const SLOT = Symbol.for('rxlock.default-locks');

interface Slot {
  [SLOT]?: Locks | undefined;
}

const slot = globalThis as Slot;

/**
 * Says which `Locks` the top-level `lock$` uses.
 *
 * @param locks `undefined` takes the choice back; the `Locks` that was set stays open.
 * @throws LockConfigError for what is no `Locks`: a backend, above all.
 *
 * @example
 * ```ts
 * import { createLocks, lock$, memory, setDefaultLocks } from 'rxlock';
 * import { take } from 'rxjs';
 *
 * setDefaultLocks(createLocks(memory()));
 * lock$('nightly-report', '30s').pipe(take(1)).subscribe((event) => console.log(event.type)); // acquired
 * ```
 */
export function setDefaultLocks(locks: Locks | undefined): void {
  if (locks !== undefined && typeof (locks as Partial<Locks> | null)?.lock$ !== 'function') {
    throw new LockConfigError('locks is no Locks: give it what createLocks() gives', { option: 'locks' });
  }
  slot[SLOT] = locks;
}

/** The `Locks` that was set, else the embedded backend, which is warned of once and refused in production. */
function defaultLocks(): Locks {
  return (slot[SLOT] ??= embedded());
}

function embedded(): Locks {
  if (typeof process !== 'undefined') {
    if (process.env['NODE_ENV'] === 'production') {
      throw new LockConfigError('no lock service was set: in production call setDefaultLocks(createLocks(…)) first');
    }
    process.emitWarning(
      'rxlock uses its embedded backend, which excludes nobody outside this process; setDefaultLocks() sets another',
      'RxLockWarning',
      'RXLOCK_EMBEDDED',
    );
  }
  return createLocks(memory());
}

/**
 * The stream of a lock of the default `Locks`: see `Locks.lock$` and {@link setDefaultLocks}.
 *
 * @throws LockConfigError under `NODE_ENV=production` if none was set.
 *
 * @example
 * ```ts
 * import { lock$ } from 'rxlock';
 * import { take } from 'rxjs';
 *
 * lock$('nightly-report', '30s').pipe(take(1)).subscribe((event) => console.log(event.type)); // acquired
 * ```
 */
export function lock$(name: string, ttl: Duration, options?: LockOptions): Observable<LockEvent> {
  return defaultLocks().lock$(name, ttl, options);
}
