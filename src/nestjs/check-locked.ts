import { LockConfigError } from '../contract/errors.js';
import type { Duration } from '../contract/time.js';
import { createLocks } from '../locks/create-locks.js';
import { parseDuration } from '../values/duration.js';
import { invalid } from '../values/invalid.js';
import { refuseUnknown } from '../values/refuse-unknown.js';
import { requireName } from '../values/require-name.js';
import { show } from '../values/show.js';
import { ANY_SERVICE } from './any-service.js';
import type { LockedOptions } from './locked-types.js';

/** What a `Locks` has no use for. */
type OwnOption = 'skipIfHeld' | 'returns' | 'locks' | 'drainTimeout';

const HOLDING = ['mode', 'wait', 'retry', 'metadata', 'minHold', 'maxHold', 'renew', 'limit', 'permits'];
const KNOWN: ReadonlySet<string> = new Set([...HOLDING, 'drainTimeout', 'skipIfHeld', 'returns', 'locks']);

/**
 * Checks the arguments of `@Locked`, as far as they do not depend on the service.
 *
 * @throws LockValidationError, LockConfigError naming the option.
 */
export function checkLocked(name: unknown, ttl: Duration, options: LockedOptions): void {
  if (typeof name !== 'function') requireName(name);
  refuseUnknown(options, KNOWN);
  const { skipIfHeld, returns, locks, drainTimeout, ...holding } = options;
  checkOwn({ skipIfHeld, returns, locks, drainTimeout });
  if (skipIfHeld === true && holding.wait !== undefined) {
    throw new LockConfigError('wait has no meaning with skipIfHeld: a call that would wait is skipped', {
      option: 'wait',
    });
  }
  checkHolding(ttl, holding);
}

function checkOwn({ skipIfHeld, returns, locks, drainTimeout }: Pick<LockedOptions, OwnOption>): void {
  if (skipIfHeld !== undefined && typeof skipIfHeld !== 'boolean') {
    throw invalid('skipIfHeld', `${show(skipIfHeld)} is not a boolean`);
  }
  if (returns !== undefined && returns !== 'promise' && returns !== 'observable') {
    throw invalid('returns', `${show(returns)} is neither 'promise' nor 'observable'`);
  }
  if (locks !== undefined && (typeof locks !== 'string' || locks === '')) {
    throw invalid('locks', 'is not the name of a LocksModule');
  }
  if (drainTimeout !== undefined) parseDuration(drainTimeout, 'drainTimeout');
}

/** A stream of a lock is checked when it is made, and asks for nothing until it is subscribed to. */
function checkHolding(ttl: Duration, { limit, permits, mode, ...rest }: Omit<LockedOptions, OwnOption>): void {
  const locks = createLocks(ANY_SERVICE);
  if (limit === undefined) locks.lock$('any', ttl, { ...rest, mode, ...(permits === undefined ? {} : { permits }) });
  else locks.semaphore$('any', limit, ttl, { ...rest, permits, ...(mode === undefined ? {} : { mode }) });
}
