import { LockValidationError } from '../../../contract/errors.js';
import { utf8Length } from '../../../values/utf8-length.js';

/** The longest line that the service reads, without its end. Bytes. */
export const MAX_TEXT = 256;

// What no line can carry: its own end, what the service takes for it, and half a character.
const UNSENDABLE = /[\0\r\n]|\p{Surrogate}/u;
// No key has these.
const UNKEYABLE = /[\s\p{Cc}]|\p{Surrogate}/u;
const PLAIN = /^[!-~]{1,128}$/;
const WILD = /[*>]/;

/**
 * Checks what is to be a key on the wire.
 *
 * @param option The name that an error gives it.
 * @param max Bytes.
 * @throws LockValidationError naming the option.
 */
export function checkKey(key: string, option: string, max = MAX_TEXT): void {
  if (typeof key === 'string' && PLAIN.test(key) && max >= 128) return;
  const problem = problemOf(key, UNKEYABLE, 'has white space, a control character or half a character', max);
  if (problem !== undefined) throw new LockValidationError(`${option} ${problem}`, { option });
}

/**
 * Checks what is to be the payload of a signal.
 *
 * @throws LockValidationError naming `payload`.
 */
export function checkPayload(payload: string): void {
  const problem = problemOf(payload, UNSENDABLE, 'has a CR, LF or NUL, or half a character', MAX_TEXT);
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
  throw new LockValidationError('pattern has a * or a > that is no whole word, or a > that is not the last', {
    option: 'pattern',
  });
}

/** Does it stand for more than the channel of that name? */
export function isWild(pattern: string): boolean {
  return WILD.test(pattern);
}

/** What was given is not repeated: it may hold anything. */
function problemOf(text: unknown, forbidden: RegExp, complaint: string, max: number): string | undefined {
  if (typeof text !== 'string') return 'is not a string';
  if (text === '') return 'is empty';
  if (forbidden.test(text)) return complaint;
  return utf8Length(text) > max ? `is longer than ${String(max)} bytes` : undefined;
}
