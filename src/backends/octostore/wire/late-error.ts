import { LockNetworkError } from '../../../contract/errors.js';

/**
 * There was no answer in time.
 *
 * @param what The service was asked to do: `'acquire the lock'`.
 * @param within Milliseconds.
 */
export function lateError(what: string, name: string | undefined, within: number): LockNetworkError {
  const waited = String(Math.ceil(within));
  return new LockNetworkError(`OctoStore, asked to ${what}, did not answer within ${waited} ms`, { name });
}
