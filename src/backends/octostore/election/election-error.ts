import { LockUnsupportedError, type LockError } from '../../../contract/errors.js';
import { errorOf, type Answer } from '../wire/answer.js';

/** The error that an answer stands for. A server may have its elections turned off, or be older than they are. */
export function electionError(answer: Answer): LockError {
  const { code, lock: name } = answer;
  if (code === 'forbidden') {
    return new LockUnsupportedError('this OctoStore server has its public elections turned off', { name });
  }
  if (code === 'not_found') return new LockUnsupportedError('this OctoStore server has no elections', { name });
  return errorOf(answer);
}
