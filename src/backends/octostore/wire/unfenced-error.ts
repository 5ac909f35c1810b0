import { LockUnsupportedError } from '../../../contract/errors.js';
import { field } from './json.js';

/** Tells whether it was granted without a fencing token: the field is not there, or says 0, which never rises. */
export function isUnfenced(json: unknown, key: string): boolean {
  return [undefined, null, 0].includes(field(json, key) as number | undefined);
}

/**
 * The service grants, but without fencing tokens.
 *
 * @param name What it granted.
 * @param where Its origin.
 */
export function unfencedError(name: string, where: string): LockUnsupportedError {
  const todo = "give `rxlock serve` --data in place of --ephemeral, or use socket() with 'fencing: false'";
  const message = `the server at ${where} has no fencing tokens, which rxlock/octostore needs: ${todo}`;
  return new LockUnsupportedError(message, { name });
}
