import { LockValidationError } from '../../../contract/errors.js';

const FORM = /^[A-Za-z0-9_-]{8,64}$/;

/** Has it the form of an election's id? */
export function isElectionId(id: unknown): id is string {
  return typeof id === 'string' && FORM.test(id);
}

/**
 * Checks the form of an election's id.
 *
 * @param id Any value. It is not repeated: it may be something else that was not meant to be seen.
 * @param option What an error calls it.
 * @throws LockValidationError naming the option.
 */
export function validateElectionId(id: unknown, option = 'name'): void {
  if (isElectionId(id)) return;
  const problem = typeof id === 'string' ? "is not 8 to 64 letters, digits, '-' and '_'" : 'is not a string';
  throw new LockValidationError(`${option} ${problem}, as the id of an election is`, { option });
}

/** Where the service has an election. */
export function electionPath(id: string): string {
  return `/elections/${id}`;
}
