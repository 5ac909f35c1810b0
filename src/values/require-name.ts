import { LockValidationError } from '../contract/errors.js';

/**
 * Checks a name for itself, whatever service it is for.
 *
 * @throws LockValidationError naming `name`.
 */
export function requireName(name: unknown): void {
  if (typeof name !== 'string') throw new LockValidationError('the name is not a string', { option: 'name' });
  if (name === '') throw new LockValidationError('the name is empty', { option: 'name' });
}
