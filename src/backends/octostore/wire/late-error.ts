import { LockNetworkError } from '../../../contract/errors.js';

/**
 * There was no answer in time.
 *
 * @param what The service was asked to do: `'acquire the lock'`.
 * @param within Milliseconds.
 * @param where The origin of the server.
 */
export function lateError(what: string, name: string | undefined, within: number, where: string): LockNetworkError {
  const waited = String(Math.ceil(within));
  return new LockNetworkError(`OctoStore at ${where}, asked to ${what}, did not answer within ${waited} ms`, { name });
}

/** There was nothing to ask with: the user's own function gave no token in time. */
export function tokenlessError(what: string, name: string | undefined, within: number): LockNetworkError {
  const waited = String(Math.ceil(within));
  const message = `OctoStore could not be asked to ${what}: the function that gives the token did not within ${waited} ms`;
  return new LockNetworkError(message, { name });
}
