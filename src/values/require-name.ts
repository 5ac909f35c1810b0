import { invalid } from './invalid.js';

/**
 * Checks a name for itself, whatever service it is for.
 *
 * @throws LockValidationError naming `name`.
 */
export function requireName(name: unknown): void {
  if (typeof name !== 'string') throw invalid('name', 'is not a string');
  if (name === '') throw invalid('name', 'is empty');
}
