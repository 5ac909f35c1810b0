import { LockValidationError } from '../contract/errors.js';
import { show } from './show.js';
import { utf8Length } from './utf8-length.js';

const MAX_NAME = 256;
const MAX_COMPONENT = 64;
/** Most names: ASCII and short. Checked without counting bytes. */
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}){0,2}$/;
const COMPONENT = /^[\p{L}\p{N}_.-]+$/u;

/**
 * Checks a name against the one portable grammar, so that a name that works on one service works on all: components of
 * Unicode letters, digits, `-`, `_` and `.`, at most 64 UTF-8 bytes each, joined by `/`, at most 256 bytes in all; no
 * component is empty, `.` or `..`.
 *
 * @param name Any string.
 * @throws LockValidationError that says what is wrong.
 */
export function validatePortableName(name: string): void {
  if (typeof name === 'string' && PLAIN.test(name)) return;
  const problem = problemOf(name);
  if (problem !== undefined) throw new LockValidationError(`the name ${show(name)} ${problem}`, { option: 'name' });
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
