import { errorOf } from '../../../values/error-of.js';

/** How a server goes on that does not know a command: with the arguments, among which are secrets. */
const ECHO = /,? with args beginning with:.*$/mu;

/**
 * What a client library threw, without what it says of the command: the owner tokens of locks are in its arguments, and the
 * password is in those of `AUTH`.
 *
 * @returns The same error, changed.
 */
export function clientError(thrown: unknown): Error {
  const error = errorOf(thrown) as Error & { command?: unknown; args?: unknown };
  delete error.command;
  delete error.args;
  if (ECHO.test(error.message)) {
    error.message = error.message.replace(ECHO, '');
    error.stack = error.stack?.replace(ECHO, '') ?? '';
  }
  return error;
}
