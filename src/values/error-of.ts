import { LockError } from '../contract/errors.js';
import { show } from './show.js';

/** What was thrown, as an error: itself if it is one, of whatever realm, else an error that has it as its `cause`. */
export function errorOf(thrown: unknown): Error {
  return isError(thrown) ? thrown : new LockError(`what was thrown is no error: ${show(thrown)}`, { cause: thrown });
}

/** Why something failed, as an error, if that is known. */
export function causeOf(told: unknown): Error | undefined {
  return told === undefined || told === null ? undefined : errorOf(told);
}

function isError(value: unknown): value is Error {
  if (value instanceof Error) return true;
  try {
    const { name, message } = Object(value) as Readonly<Record<string, unknown>>;
    return typeof value === 'object' && typeof name === 'string' && typeof message === 'string';
  } catch {
    return false;
  }
}
