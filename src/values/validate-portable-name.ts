import { LockValidationError } from '../contract/errors.js';
import { dashed } from './dashed.js';
import { nameHint } from './name-hint.js';
import { show } from './show.js';
import { utf8Length } from './utf8-length.js';

const MAX_NAME = 256;
const MAX_COMPONENT = 64;
/** Most names: ASCII and short. Checked without counting bytes. */
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}){0,2}$/;
const COMPONENT = /^[\p{L}\p{N}_.-]+$/u;
/** What others write between the components of a name. */
const SEPARATORS = /[:\\|]+/g;
/** What no component has. */
const FOREIGN = /[^\p{L}\p{N}_.-]+/gu;

/**
 * Checks a name against the one portable grammar, so that a name that works on one service works on all: components of
 * Unicode letters, digits, `-`, `_` and `.`, at most 64 UTF-8 bytes each, joined by `/`, at most 256 bytes in all; no
 * component is empty, `.` or `..`.
 *
 * @param name Any string.
 * @throws LockValidationError that says what is wrong, and which name like it would be taken.
 *
 * @example
 * ```ts
 * import { validatePortableName } from 'rxlock';
 *
 * validatePortableName('orders/1234');
 * try {
 *   validatePortableName('user:42');
 * } catch (error) {
 *   console.log(String(error)); // … try 'user/42'
 * }
 * ```
 */
export function validatePortableName(name: string): void {
  if (typeof name === 'string' && PLAIN.test(name)) return;
  const problem = problemOf(name);
  if (problem === undefined) return;
  const hint = nameHint(name, portableLike, (like) => problemOf(like) === undefined);
  throw new LockValidationError(`the name ${show(name)} ${problem}${hint}`, { option: 'name' });
}

/** A name that looks like another one. */
function portableLike(name: string): string {
  return name
    .normalize('NFC')
    .replace(SEPARATORS, '/')
    .split('/')
    .map((part) => dashed(part, FOREIGN))
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'is not a string';
  if (name === '') return 'is empty';
  if (utf8Length(name) > MAX_NAME) return `is longer than ${String(MAX_NAME)} bytes`;
  for (const part of name.split('/')) {
    if (part === '') return 'has an empty component';
    if (part === '.' || part === '..') return `has a component '${part}'`;
    if (!COMPONENT.test(part)) return `has a character other than letters, digits, '-', '_', '.' and '/'`;
    if (utf8Length(part) > MAX_COMPONENT) return `has a component longer than ${String(MAX_COMPONENT)} bytes`;
  }
  return undefined;
}
