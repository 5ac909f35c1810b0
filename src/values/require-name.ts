import { invalid } from './invalid.js';
import { show } from './show.js';

/**
 * Checks a name for itself, whatever service it is for.
 *
 * @throws LockValidationError naming `name`.
 */
export function requireName(name: unknown): void {
  if (Array.isArray(name))
    throw invalid('name', 'is a list: for several names there are usingAll, acquireAll and all$');
  if (typeof name !== 'string') throw invalid('name', `${show(name)} is not a string`);
  if (name === '') throw invalid('name', 'is empty');
}
