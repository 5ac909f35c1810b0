import { utf8Length } from '../../../values/utf8-length.js';
import { ApiError } from '../wire/api-error.js';

const MAX_NAME = 256;
const CHARACTERS = /^[\p{Alphabetic}\p{N}\-_./]*$/u;
/** Most names: ASCII and short. */
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}){0,2}$/;
/** Elections are locks of these names, which only they may have. */
export const ELECTION_PREFIX = '__election/';

/**
 * @param maxComponent Bytes of each part between slashes: 64 or more.
 * @throws ApiError if it is no name of a lock, or one that is kept for elections.
 */
export function requireLockName(name: string, maxComponent: number): void {
  if (!PLAIN.test(name)) {
    const problem = problemOf(name, maxComponent);
    if (problem !== undefined) throw new ApiError('lockName', `Invalid lock name: ${problem}`);
  }
  if (name.startsWith(ELECTION_PREFIX)) {
    throw new ApiError('forbidden', 'Forbidden: The __election namespace is reserved for public leader elections');
  }
}

function problemOf(name: string, maxComponent: number): string | undefined {
  if (name === '') return 'Lock name cannot be empty';
  if (utf8Length(name) > MAX_NAME) return 'Lock name cannot exceed 256 characters';
  if (name.startsWith('/') || name.endsWith('/')) return "Lock name cannot start or end with '/'";
  if (name.includes('//')) return 'Lock name cannot contain consecutive slashes';
  const components = name.split('/');
  if (components.includes('..')) return "Lock name cannot contain '..' path segments";
  if (!CHARACTERS.test(name)) {
    return 'Lock name can only contain alphanumeric characters, hyphens, underscores, dots, and slashes';
  }
  if (components.some((component) => utf8Length(component) > maxComponent)) {
    return `Lock name path components cannot exceed ${String(maxComponent)} characters`;
  }
  return undefined;
}
