import { dashed } from '../../../values/dashed.js';
import { nameHint } from '../../../values/name-hint.js';
import { ValidationError } from './errors.js';

/** As the documents say: narrower than what the server takes, but for its limit of 64 bytes for each part. */
const NAME = /^[A-Za-z0-9.-]{1,128}$/;
const FOREIGN = /[^A-Za-z0-9.-]+/g;
const MAX_TTL = 3600;

/** @throws ValidationError */
export function validateName(name: unknown): asserts name is string {
  if (typeof name !== 'string') throw invalid('name', 'the lock name is not a string');
  if (name === '') throw invalid('name', 'the lock name is empty');
  if (name.length > 128) throw invalid('name', 'the lock name is longer than 128 characters');
  if (!NAME.test(name)) {
    const hint = nameHint(name, (text) => dashed(text, FOREIGN), isName);
    throw invalid('name', `the lock name has a character other than letters, digits, hyphens and dots${hint}`);
  }
  if (!isName(name)) throw invalid('name', `the lock name is '${name}'`);
}

function isName(name: string): boolean {
  // In a path these two would lead elsewhere.
  return NAME.test(name) && name !== '.' && name !== '..';
}

/** @throws ValidationError */
export function validateTtl(ttl: unknown): asserts ttl is number {
  if (typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= 1 && ttl <= MAX_TTL) return;
  const shown = typeof ttl === 'number' ? String(ttl) : `(${typeof ttl})`;
  throw invalid('ttl', `the ttl ${shown} is no whole number of seconds from 1 to ${String(MAX_TTL)}`);
}

/** @throws ValidationError, which does not repeat it. */
export function validateLeaseId(leaseId: unknown): asserts leaseId is string {
  if (typeof leaseId !== 'string' || leaseId === '') throw invalid('leaseId', 'the lease id is no string, or empty');
}

function invalid(option: string, message: string): ValidationError {
  return new ValidationError(message, { option });
}
