import {
  LockAuthenticationError,
  LockCapacityError,
  LockLostError,
  LockNetworkError,
  LockUnsupportedError,
  LockValidationError,
  type LockError,
} from '../../../contract/errors.js';
import type { Bye, Failed, Refused } from '../../../native/from-server.js';
import { show } from '../../../values/show.js';
import type { WireEnd } from './wire.js';

/** What was asked, for messages. */
export interface Asked {
  /** `'acquire the lock'`. */
  readonly what: string;
  readonly where: string;
  /** Of the lock, if one is concerned. */
  readonly name?: string | undefined;
}

/** Why an ask was not done, as the server says it. */
export function errorOfFailure({ code, message, retryAfter }: Failed, { what, where, name }: Asked): LockError {
  const text = `the server at ${where} could not ${what}${name === undefined ? '' : ` ${show(name)}`}: ${textOf(message)}`;
  switch (code) {
    case 'invalid':
      return new LockValidationError(text, { name });
    case 'limit-mismatch':
      return new LockValidationError(text, { name, option: 'limit' });
    case 'gone':
      return new LockLostError(text, { name, reason: 'refused' });
    case 'limit':
    case 'storage':
      return new LockCapacityError(text, { name, retryAfter });
    case 'closing':
      return new LockNetworkError(text, { name, retryAfter });
  }
}

/** Why the server ends a connection, as it says it. */
export function errorOfGoodbye({ code, message, retryAfter }: Bye | Refused, where: string): LockError {
  const text = `the server at ${where} ended the connection: ${textOf(message)}`;
  switch (code) {
    case 'auth':
      return new LockAuthenticationError(text);
    case 'version':
      return new LockUnsupportedError(text);
    case 'limit':
      return new LockCapacityError(text, { retryAfter });
    default:
      return new LockNetworkError(text, { retryAfter });
  }
}

/** Why a connection is no more, as far as that is known. */
export function errorOfEnd({ code, status, cause }: WireEnd, where: string, isOpen: boolean): LockError {
  if (status === 401) return new LockAuthenticationError(`the server at ${where} does not accept the token`);
  if (status === 403) return new LockAuthenticationError(`the server at ${where} does not accept this origin`);
  const what = isOpen
    ? `the connection to the server at ${where} has ended`
    : `the server at ${where} could not be reached`;
  const why = status !== undefined ? ` (HTTP ${String(status)})` : code !== undefined ? ` (code ${String(code)})` : '';
  return new LockNetworkError(`${what}${why}`, cause === undefined ? {} : { cause });
}

/** What a server says may be anything: one short line of it is shown. */
function textOf(message: string): string {
  return show(message).slice(1, -1);
}
