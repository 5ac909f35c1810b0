import { LockConfigError } from '../contract/errors.js';
import type { Locks } from '../contract/locks.js';
import type { LocksOptions } from '../contract/options.js';
import type { Duration } from '../contract/time.js';
import { createLocks } from '../locks/create-locks.js';
import { parseDuration } from '../values/duration.js';
import { invalid } from '../values/invalid.js';
import { refuseUnknown } from '../values/refuse-unknown.js';
import { show } from '../values/show.js';
import { ANY_SERVICE } from './any-service.js';
import type { LocksModuleOptions, LocksOfBackendOptions, ReadyLocksOptions } from './locks-module-options.js';

const DEFAULT_DRAIN = '10s';
const HOOKS = ['beforeApplicationShutdown', 'onApplicationShutdown'] as const;
const READY: ReadonlySet<string> = new Set(['locks', 'backend', 'drain', 'closeIn']);

/** A module's `Locks`, and how it is closed. */
export interface LocksOfModule {
  readonly locks: Locks;
  readonly drain: Duration;
  readonly closeIn: (typeof HOOKS)[number];
}

/**
 * Makes what the options say.
 *
 * @throws LockValidationError, LockConfigError naming the option; what a function that makes the backend throws.
 */
export function locksOf(options: LocksModuleOptions): LocksOfModule {
  const shutdown = checkOptions(options);
  if (options.locks !== undefined) return { locks: options.locks, ...shutdown };
  const { backend } = options;
  return { locks: createLocks(typeof backend === 'function' ? backend() : backend, defaultsIn(options)), ...shutdown };
}

/**
 * Checks all that can be checked before anything is made.
 *
 * @throws LockValidationError, LockConfigError naming the option.
 */
export function checkOptions(options: LocksModuleOptions): Omit<LocksOfModule, 'locks'> {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'must be an object');
  const { backend, locks, drain = DEFAULT_DRAIN, closeIn = HOOKS[0] } = options;
  if ((backend === undefined) === (locks === undefined)) {
    throw new LockConfigError('LocksModule needs a `backend`, or `locks` that are there already, and not both', {
      option: 'backend',
    });
  }
  if (options.locks === undefined) createLocks(ANY_SERVICE, defaultsIn(options));
  else checkReady(options);
  parseDuration(drain, 'drain');
  if (!HOOKS.includes(closeIn)) throw invalid('closeIn', `${show(closeIn)} is none of '${HOOKS.join("', '")}'`);
  return { drain, closeIn };
}

function checkReady(options: ReadyLocksOptions): void {
  refuseUnknown(options, READY);
  if (typeof options.locks?.lock$ !== 'function') throw invalid('locks', 'is not what createLocks() gives');
}

/** What is meant for `createLocks`. */
function defaultsIn(options: LocksOfBackendOptions): LocksOptions {
  const { backend: _backend, locks: _locks, drain: _drain, closeIn: _closeIn, ...defaults } = options;
  return defaults;
}
