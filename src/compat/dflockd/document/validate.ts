import { checkKey } from '../../../backends/dflockd/wire/text.js';
import { LockValidationError } from '../../../contract/errors.js';
import { LockError } from './errors.js';
import { translating } from './translate.js';

/** The longest time that each server understands. Seconds. */
const MAX_SECONDS = 2_147_483_647;
const TOKEN = /^[\x21-\x7e]{1,200}$/;

/** @throws LockError */
export function validateKey(key: string): void {
  translating(() => {
    checkKey(key, 'key');
  });
}

/** A wait as the protocol has it: whole seconds, rounded up. @throws LockError naming the option. */
export function wholeWait(seconds: number, option: string): number {
  return Math.ceil(checkSeconds(seconds, option, 0));
}

/** A lease, rounded down: nobody believes in more than was asked for. @throws LockError, unless it is absent, or from 1. */
export function wholeLease(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.floor(checkSeconds(seconds, 'leaseTtlS', 1));
}

/** @throws LockError, unless it is a positive integer. */
export function validateLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_SECONDS) return;
  throw invalid('limit', `limit ${shown(limit)} is no positive integer`);
}

/** @throws LockError, which does not repeat it. */
export function validateToken(token: string): void {
  if (typeof token !== 'string' || !TOKEN.test(token)) throw invalid('token', 'token is none that a server gives');
}

/** @throws LockError naming the option, unless it is absent or a finite time. Milliseconds. */
export function validateMilliseconds(time: number | undefined, option: string): void {
  if (time === undefined || (Number.isFinite(time) && time >= 0 && time <= MAX_SECONDS)) return;
  throw invalid(option, `${option} ${shown(time)} is no number of milliseconds from 0 to ${String(MAX_SECONDS)}`);
}

/** The error for a bad argument or option. */
export function invalid(option: string, message: string): LockError {
  return new LockError(message, { root: new LockValidationError(message, { option }) });
}

function checkSeconds(seconds: number, option: string, min: number): number {
  if (Number.isFinite(seconds) && seconds >= min && seconds <= MAX_SECONDS) return seconds;
  const range = `from ${String(min)} to ${String(MAX_SECONDS)}`;
  throw invalid(option, `${option} ${shown(seconds)} is no number of seconds ${range}`);
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : `(${typeof value})`;
}
