import { LockClosedError } from '../../../contract/errors.js';

/** What everything ends with that is asked after the close. */
export function closedError(): LockClosedError {
  return new LockClosedError('this redis client was closed');
}
