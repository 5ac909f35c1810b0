import { LockValidationError } from '../../../contract/errors.js';
import { dashed } from '../../../values/dashed.js';
import { nameHint } from '../../../values/name-hint.js';
import { show } from '../../../values/show.js';
import { utf8Length } from '../../../values/utf8-length.js';

/** The longest line that the service reads, without its end. Bytes. */
export const MAX_TEXT = 256;

// What no line can carry: its own end, what the service takes for it, and an unpaired surrogate.
const UNSENDABLE = /[\0\r\n]|\p{Surrogate}/u;
// No key has these.
const UNKEYABLE = /[\s\p{Cc}]|\p{Surrogate}/u;
/** Those, and what could be seen by nobody. */
const UNKEYABLES = /[\s\p{C}]+/gu;
const PLAIN = /^[!-~]{1,128}$/;
const WILD = /[*>]/;

/**
 * Checks what is to be a key on the wire.
 *
 * @param option The name that an error gives it.
 * @param max Bytes.
 * @throws LockValidationError naming the option, and a key like it that would be taken.
 */
export function checkKey(key: string, option: string, max = MAX_TEXT): void {
  const problem = keyProblem(key, max);
  if (problem === undefined) return;
  const hint = nameHint(key, keyLike, (like) => keyProblem(like, max) === undefined);
  throw new LockValidationError(`${option} ${problem}${hint}`, { option });
}

function keyLike(text: string): string {
  return dashed(text, UNKEYABLES);
}

function keyProblem(key: unknown, max: number): string | undefined {
  if (typeof key === 'string' && PLAIN.test(key) && max >= 128) return undefined;
  return problemOf(key, UNKEYABLE, 'has white space, a control character or an unpaired surrogate', max);
}

/**
 * Checks what is to be the name of a lock.
 *
 * @param semaphorePrefix What the names of semaphores begin with, and no other.
 * @throws LockValidationError naming `name`, and a name like it that would be taken.
 */
export function checkName(name: string, semaphorePrefix: string): void {
  const problem =
    keyProblem(name, MAX_TEXT) ??
    (isOfSemaphores(name, semaphorePrefix) ? `begins with '${semaphorePrefix}', which is for semaphores` : undefined);
  if (problem === undefined) return;
  const hint = nameHint(nameOfLock(name, semaphorePrefix), keyLike, (like) => {
    return keyProblem(like, MAX_TEXT) === undefined && !isOfSemaphores(like, semaphorePrefix);
  });
  throw new LockValidationError(`the name ${show(name)} ${problem}${hint}`, { option: 'name' });
}

function isOfSemaphores(name: string, semaphorePrefix: string): boolean {
  return semaphorePrefix !== '' && name.startsWith(semaphorePrefix);
}

/** Without what makes it a semaphore's. */
function nameOfLock(name: unknown, semaphorePrefix: string): unknown {
  if (typeof name !== 'string') return name;
  let rest = name;
  while (isOfSemaphores(rest, semaphorePrefix)) rest = rest.slice(semaphorePrefix.length);
  return rest;
}

/**
 * Checks what is to be the payload of a signal.
 *
 * @throws LockValidationError naming `payload`.
 */
export function checkPayload(payload: string): void {
  const problem = problemOf(payload, UNSENDABLE, 'has a CR, LF or NUL, or an unpaired surrogate', MAX_TEXT);
  if (problem !== undefined) throw new LockValidationError(`payload ${problem}`, { option: 'payload' });
}

/** @throws LockValidationError naming `channel`. */
export function checkChannel(channel: string): void {
  checkKey(channel, 'channel');
  if (WILD.test(channel)) throw new LockValidationError('channel has a * or a >', { option: 'channel' });
}

/** @throws LockValidationError naming `pattern`. */
export function checkPattern(pattern: string): void {
  checkKey(pattern, 'pattern');
  const words = pattern.split('.');
  const last = words.length - 1;
  if (words.every((word, index) => !WILD.test(word) || word === '*' || (word === '>' && index === last))) return;
  throw new LockValidationError('in a pattern, * and > must be whole words between dots, and > must be the last', {
    option: 'pattern',
  });
}

/** Does it stand for more than the channel of that name? */
export function isWild(pattern: string): boolean {
  return WILD.test(pattern);
}

/** What was given is not repeated: a payload may hold anything. */
function problemOf(text: unknown, forbidden: RegExp, complaint: string, max: number): string | undefined {
  if (typeof text !== 'string') return 'is not a string';
  if (text === '') return 'is empty';
  if (forbidden.test(text)) return complaint;
  return utf8Length(text) > max ? `is longer than ${String(max)} bytes` : undefined;
}
