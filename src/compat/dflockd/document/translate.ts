import { LockError as RootError } from '../../../contract/errors.js';
import { AuthError, LockError } from './errors.js';

/** The error of the documented client that an error of the root stands for. Anything else is left as it is. */
export function translated(error: unknown): unknown {
  if (!(error instanceof RootError) || error instanceof LockError) return error;
  const options = { root: error, name: error.lockName, ...('cause' in error ? { cause: error.cause } : {}) };
  return error.code === 'ERR_LOCK_AUTHENTICATION' ? new AuthError(options) : new LockError(error.message, options);
}

/** Runs something that throws errors of the root. */
export function translating<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw translated(error);
  }
}
