import { LockLostError } from '../contract/errors.js';

/** Does this error of a lease that is not held say that somebody gave it back, or handed it on? A loss has a reason. */
export function wasGivenBack(error: unknown): boolean {
  return error instanceof LockLostError && error.reason === undefined;
}
