import { LockValidationError } from '../contract/errors.js';
import { invalid } from './invalid.js';
import { isObject } from './is-object.js';
import { show } from './show.js';

/**
 * Refuses options that do not exist: a misspelt `maxHold` must not be a lock that is held for ever. The error names those
 * that there are, as whoever misspelt one wants to know.
 *
 * @param prefix Of the option's name in the error, for options within options.
 * @throws LockValidationError naming the option.
 */
export function refuseUnknown(options: unknown, known: ReadonlySet<string>, prefix = ''): void {
  // An array has no option that could be unknown.
  if (!isObject(options)) {
    const option = prefix === '' ? 'options' : prefix.slice(0, -1);
    throw invalid(option, `must be an object, with these in it: ${[...known].join(', ')}`);
  }
  for (const key of Object.keys(options)) {
    if (known.has(key)) continue;
    const option = `${prefix}${key.slice(0, 40)}`;
    const all = [...known].map((one) => `${prefix}${one}`).join(', ');
    throw new LockValidationError(`there is no option '${show(option).slice(1, -1)}'; there are: ${all}`, { option });
  }
}
