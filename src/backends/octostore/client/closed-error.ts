import { LockClosedError } from '../../../contract/errors.js';

/** What everything ends with once the client is closed. */
export function closedError(): LockClosedError {
  return new LockClosedError('this OctoStore client was closed');
}
