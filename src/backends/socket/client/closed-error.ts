import { LockClosedError } from '../../../contract/errors.js';

export function closedError(): LockClosedError {
  return new LockClosedError('this socket() was closed');
}
