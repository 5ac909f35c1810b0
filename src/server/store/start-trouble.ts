import { LockConfigError } from '../../contract/errors.js';
import { isFull, textsOf } from './write-trouble.js';

const option = 'data';

/** A directory of something else. */
export function foreign(dir: string): LockConfigError {
  return new LockConfigError(`${dir} holds files that are not this server's: give it a directory of its own`, {
    option,
  });
}

export function newer(dir: string, format: number, known: number): LockConfigError {
  return new LockConfigError(
    `${dir} was written by a newer version of rxlock, in format ${String(format)}; this one knows ${String(known)}: start the newer one again`,
    { option },
  );
}

/** @param token The highest fencing token that is known of; undefined: none is. */
export function damaged(dir: string, why: string, token: number | undefined, cause?: unknown): LockConfigError {
  const tokens =
    token === undefined
      ? 'fencing tokens begin anew, below those of before'
      : `fencing tokens go on above ${String(token)}`;
  return new LockConfigError(
    `the locks that are kept in ${dir} are damaged: ${why}. Nobody knows what is still believed in, so nothing is granted. Do not bring back a copy, ` +
      `which would be older than what was granted. Wait until every lock has run out (the longest ttl that the server allows: 1 h by default), make an ` +
      `empty file named afresh in that directory, and start again: then all is forgotten that was kept, and ${tokens}`,
    { option, cause },
  );
}

/** Nothing can be kept there. */
export function unusable(dir: string, error: unknown): LockConfigError {
  const why = textsOf(error).join(': ');
  const text = isFull(error)
    ? `the disk of ${dir} is full: make space, and start again (${why})`
    : `${dir} cannot be used: it has to be a directory that this server may read and write (${why})`;
  return new LockConfigError(text, { option, cause: error });
}

/**
 * Why a store cannot be opened, and what to do.
 *
 * @param token The highest fencing token that is known of.
 */
export function openTrouble(dir: string, error: unknown, token: number | undefined): LockConfigError {
  if (error instanceof LockConfigError) return error;
  const why = textsOf(error).join(': ');
  if (codesOf(error).includes('LEVEL_LOCKED')) {
    const text = `${dir} is in use by another server: stop that one first, or give this one a directory of its own`;
    return new LockConfigError(text, { option, cause: error });
  }
  if (isFull(error)) return unusable(dir, error);
  if (/permission denied|read-only file system|EACCES|EPERM|EROFS|ENOTDIR|EEXIST|not a directory/i.test(why))
    return unusable(dir, error);
  return damaged(dir, why, token, error);
}

function codesOf(error: unknown): unknown[] {
  const codes: unknown[] = [];
  for (let one = error; one instanceof Error && codes.length < 8; one = one.cause)
    codes.push((one as { code?: unknown }).code);
  return codes;
}
