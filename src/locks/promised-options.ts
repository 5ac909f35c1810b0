import { LockValidationError } from '../contract/errors.js';
import type { DrainOptions } from '../contract/options.js';
import { parseDuration } from '../values/duration.js';
import { isObject } from '../values/is-object.js';

/**
 * Refuses an option that `lock$` has, and one of its relatives has not: it would have no effect.
 *
 * @throws LockValidationError naming it.
 */
export function refuseOption(options: object | undefined, option: 'wait' | 'onLost' | 'mode', why: string): void {
  // What is no object is refused by whoever reads it.
  if (!isObject(options) || !Object.hasOwn(options, option)) return;
  throw new LockValidationError(`there is no option '${option}' here: ${why}`, { option });
}

/** @throws LockValidationError naming `drainTimeout`. */
export function splitUsingOptions<O extends DrainOptions>(
  options: O | undefined,
): {
  readonly acquiring: Omit<O, 'drainTimeout'> | undefined;
  /** Milliseconds. */
  readonly drainTimeout: number | undefined;
} {
  if (!isObject(options)) return { acquiring: options, drainTimeout: undefined };
  const { drainTimeout, ...acquiring } = options;
  return {
    acquiring,
    drainTimeout: drainTimeout === undefined ? undefined : parseDuration(drainTimeout, 'drainTimeout'),
  };
}
