import { BackendLocks } from './backend-locks.js';
import { resolveTime } from '../values/resolve-time.js';
import { Core } from '../core/core.js';
import { LockConfigError } from '../contract/errors.js';
import { defaultHolder } from '../values/default-holder.js';
import { soundRandom } from '../values/sound-random.js';
import { contend } from '../contending/lock.js';
import type { Locks } from '../contract/locks.js';
import { resolveDefaults } from '../core/hold-options.js';
import type { LocksOptions } from '../contract/options.js';
import type { Runtime } from '../contract/time.js';
import type { Features, LockBackend, TokenOf } from '../contract/backend.js';

/**
 * Makes the locks of a service. Make one for each program and each service, and `close()` it at the end.
 *
 * If the backend is chosen when the program runs: `const locks: Locks = … ? createLocks(octostore()) : createLocks(memory())`.
 *
 * @param backend What connects to the service: `memory()`, `octostore({ … })`, `dflockd({ … })`.
 * @param options The name of this program (`holder`), a `prefix` for all names, defaults for every lock, and for tests where time
 * comes from.
 * @throws LockValidationError, LockConfigError for bad options, with the `option`. LockClosedError for a backend that was closed,
 * by itself or with the last `Locks` that used it: make another.
 *
 * @example
 * ```ts
 * import { createLocks, memory } from 'rxlock';
 *
 * const locks = createLocks(memory(), { prefix: 'billing/', wait: '10s' });
 * await locks.using('nightly-report', '30s', async (lease) => console.log(lease.name));
 * await locks.close();
 * ```
 */
export function createLocks<F extends Features>(
  backend: LockBackend<F>,
  options: LocksOptions = {},
): Locks<TokenOf<F>> {
  if (typeof (backend as Partial<LockBackend> | null | undefined)?.acquire !== 'function') {
    throw new LockConfigError(
      "the first argument is not a backend: write createLocks(memory()) or createLocks(redis(url)), or use locksFromUrl(url) of 'rxlock/auto'",
      {
        option: 'backend',
      },
    );
  }
  const defaults = resolveDefaults(options);
  const runtime = resolveRuntime(options);
  backend.open?.(runtime);
  const holder = options.holder ?? defaultHolder(runtime.random);
  const core = new Core(backend, runtime, holder, options.prefix ?? '', { contend });
  // The features say which of `bigint` and `undefined` a token is; inside, it may be either.
  return new BackendLocks(core, defaults) as Locks as Locks<TokenOf<F>>;
}

function resolveRuntime({ random = Math.random, ...time }: LocksOptions): Runtime {
  return { ...resolveTime(time), random: soundRandom(random) };
}
