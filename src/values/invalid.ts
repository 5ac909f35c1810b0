import { LockValidationError } from '../contract/errors.js';

/** The error for a bad argument or option: its message is the option's name and what is wrong with it. */
export function invalid(option: string, why: string): LockValidationError {
  return new LockValidationError(`${option} ${why}`, { option });
}
