import type { AcquireRequest } from '../../../contract/backend.js';
import { LockValidationError } from '../../../contract/errors.js';
import { requireName } from '../../../values/require-name.js';
import { validatePortableName } from '../../../values/validate-portable-name.js';

/** Characters of metadata. */
const MAX_METADATA = 4096;
/** Characters of a prefix, and of a secret. */
const MAX_TEXT = 256;
/** Of what is counted. */
const MAX_COUNT = 2 ** 31 - 1;
/** Milliseconds. */
export const MIN_TTL = 1000;
/** Milliseconds. */
export const MAX_TTL = 3_600_000;

/**
 * Checks what is asked for: whoever asks without the core has checked nothing, and what does not fit would end the connection.
 *
 * @throws LockValidationError naming the option.
 */
export function checkRequest({ name, ttl, limit, permits, metadata }: AcquireRequest): void {
  checkName(name);
  const bad = (option: string, why: string): LockValidationError =>
    new LockValidationError(`${option} ${why}`, { name, option });
  if (!Number.isInteger(ttl) || ttl < MIN_TTL || ttl > MAX_TTL) {
    throw bad('ttl', `${String(ttl)} ms is not in whole milliseconds from ${String(MIN_TTL)} to ${String(MAX_TTL)}`);
  }
  if (limit !== undefined && !isCount(limit)) throw bad('limit', 'is not a positive integer');
  if (permits !== undefined && (!isCount(permits) || permits > (limit ?? 1))) {
    throw bad('permits', 'is not a positive integer, at most the limit');
  }
  if (metadata !== undefined && metadata.length > MAX_METADATA && Array.from(metadata).length > MAX_METADATA) {
    throw bad('metadata', `is longer than ${String(MAX_METADATA)} characters`);
  }
}

/** @throws LockValidationError naming `name`. */
export function checkName(name: string): void {
  requireName(name);
  validatePortableName(name);
}

/** @throws LockValidationError naming the option. */
export function checkText(text: string, option: string): void {
  if (typeof text === 'string' && text.length <= MAX_TEXT) return;
  throw new LockValidationError(`${option} is not a text of at most ${String(MAX_TEXT)} characters`, { option });
}

function isCount(count: number): boolean {
  return Number.isInteger(count) && count > 0 && count <= MAX_COUNT;
}
