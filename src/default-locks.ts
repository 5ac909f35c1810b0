import { defer, type Observable } from 'rxjs';
import { memory } from './backends/memory/memory.js';
import { createLocks } from './locks/create-locks.js';
import { LockConfigError } from './contract/errors.js';
import { DEFAULT_OPTIONS, parseTtl, resolveOptions } from './core/hold-options.js';
import { isVirtualNow } from './values/is-virtual-now.js';
import { perRun } from './values/per-run.js';
import { requireName } from './values/require-name.js';
import { warn } from './values/warn.js';
import type { Locks } from './contract/locks.js';
import type { Duration } from './contract/time.js';
import type { LockEvent } from './contract/lease.js';
import type { LockOptions } from './contract/options.js';

/** One slot a process for each: the ESM and CJS builds, and two copies of the package, must not each have locks of their own. */
const CHOSEN = Symbol.for('rxlock.default-locks');
const EMBEDDED = Symbol.for('rxlock.embedded-locks');
/** Those of a `TestScheduler.run` that is under way. They live in its time, so they end with it. */
const OF_RUN = Symbol.for('rxlock.embedded-locks.run');

interface Slots {
  [CHOSEN]?: Locks | undefined;
  /** Never made twice, whatever is chosen meanwhile: two would both grant one lock. */
  [EMBEDDED]?: Locks;
}

const slots = globalThis as Slots;

/**
 * Says which `Locks` the top-level `lock$` uses.
 *
 * @param locks `undefined` takes the choice back; the `Locks` that was set stays open. What is subscribed to from now on uses
 * the choice, a `lock$` that was made before it too.
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
    throw new LockConfigError('locks is not a Locks: pass what createLocks() returns', { option: 'locks' });
  }
  slots[CHOSEN] = locks;
}

/** The `Locks` that was set, else the embedded one, which is warned of once and refused in production. */
function defaultLocks(): Locks {
  return slots[CHOSEN] ?? (isVirtualNow() ? perRun(OF_RUN, embedded) : (slots[EMBEDDED] ??= ofProcess()));
}

function ofProcess(): Locks {
  const locks = embedded();
  if (typeof process !== 'undefined') {
    warn('lock$ excludes nobody outside of this process, until you call setDefaultLocks()', 'RXLOCK_EMBEDDED');
  }
  return locks;
}

function embedded(): Locks {
  if (typeof process !== 'undefined' && process.env?.['NODE_ENV'] === 'production') {
    throw new LockConfigError('in production, call setDefaultLocks(createLocks(…)) before lock$');
  }
  return createLocks(memory());
}

/**
 * Takes a lock, holds it while it is subscribed to, and gives it back when that ends. The lock is one of the default `Locks`:
 * the one given to {@link setDefaultLocks}, else one in this process.
 *
 * The default is looked up at each subscription, so the stream may be a constant of a module.
 *
 * @returns A stream of events, as that of `Locks.lock$`. It errors with LockConfigError under `NODE_ENV=production` if no `Locks` was set.
 * @throws LockValidationError for bad arguments, as far as they are bad whatever the service; the rest is said at the call
 * if a `Locks` was set by then, else by the stream: what a service makes of a name or a ttl, and relations between options.
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
  const known = slots[CHOSEN] ?? slots[EMBEDDED];
  if (known === undefined) checkAlone(name, ttl, options);
  else known.lock$(name, ttl, options);
  return defer(() => defaultLocks().lock$(name, ttl, options));
}

/** What can be checked before it is known which service it is for. Relations between options hang on the defaults of its `Locks`. */
function checkAlone(name: string, ttl: Duration, options: LockOptions | undefined): void {
  requireName(name);
  parseTtl(ttl);
  try {
    resolveOptions(options, DEFAULT_OPTIONS);
  } catch (error) {
    if (!(error instanceof LockConfigError)) throw error;
  }
}
