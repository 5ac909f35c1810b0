import { parse } from 'lossless-json';
import { MAX_DURATION } from '../../../values/duration.js';
import { isFencingToken } from '../../../values/is-fencing-token.js';

/** No service has so many digits in a row but in an integer that a double cannot hold. */
const LARGE = /\d{16}/;

/**
 * Reads JSON without rounding large integers: those become `bigint`.
 *
 * @returns `undefined` for anything that is no JSON.
 */
export function readJson(text: string): unknown {
  try {
    return LARGE.test(text) ? parse(text, null, readNumber) : JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may hold anything.
    return undefined;
  }
}

/** What is larger than anything that the service counts is rounded: no field of it is an integer. */
function readNumber(digits: string): number | bigint {
  const number = Number(digits);
  return !Number.isSafeInteger(number) && isFencingToken(digits) ? BigInt(digits) : number;
}

/** An own property: what was sent under `__proto__` is no field. */
export function field(json: unknown, key: string): unknown {
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, key)) return undefined;
  return (json as Readonly<Record<string, unknown>>)[key];
}

export function textField(json: unknown, key: string): string | undefined {
  const value = field(json, key);
  return typeof value === 'string' ? value : undefined;
}

/** What a header or a path can carry, and no step up in a path. */
const ID = /^(?!\.{1,2}$)[\x21-\x7e]{1,512}$/;

/** An identifier that the service made up, to be sent back to it; `undefined` for anything that it would not make up. */
export function idField(json: unknown, key: string): string | undefined {
  const value = textField(json, key);
  return value !== undefined && ID.test(value) ? value : undefined;
}

/** Zero or more, of 64 bits; `undefined` for anything else. */
export function integerField(json: unknown, key: string): bigint | undefined {
  const value = field(json, key);
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
}

/** A fencing token. A service that has none leaves the field out, or says 0, which nobody must take for one: it never rises. */
export function tokenField(json: unknown, key: string): bigint | undefined {
  const token = integerField(json, key);
  return token === 0n ? undefined : token;
}

/** Zero or more, at most what a timer can count; `undefined` for anything else. */
export function millisField(json: unknown, key: string): number | undefined {
  const value = field(json, key);
  return typeof value === 'number' && value >= 0 ? Math.min(value, MAX_DURATION) : undefined;
}

/**
 * How long the service confirms something: as {@link millisField}, but 0 for what is there and cannot be read. Nobody may believe in
 * more than that, and only a field that is left out leaves what was asked for.
 */
export function confirmedField(json: unknown, key: string): number | undefined {
  const isMissing = (field(json, key) ?? undefined) === undefined;
  return isMissing ? undefined : (millisField(json, key) ?? 0);
}

/** A date as epoch milliseconds. */
export function dateField(json: unknown, key: string): number | undefined {
  const date = Date.parse(textField(json, key) ?? '');
  return Number.isNaN(date) ? undefined : date;
}
