import { parse } from 'lossless-json';

/** No service has so many digits in a row but in an integer that a double cannot hold. */
const LARGE = /\d{16}/;
const INTEGER = /^-?\d+$/;

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

function readNumber(digits: string): number | bigint {
  const number = Number(digits);
  return INTEGER.test(digits) && !Number.isSafeInteger(number) ? BigInt(digits) : number;
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

/** Zero or more; `undefined` for anything else. */
export function integerField(json: unknown, key: string): bigint | undefined {
  const value = field(json, key);
  if (typeof value === 'bigint') return value >= 0n ? value : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
}

/** Milliseconds: zero or more; `undefined` for anything else. */
export function millisField(json: unknown, key: string): number | undefined {
  const value = field(json, key);
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

/** A date as epoch milliseconds. */
export function dateField(json: unknown, key: string): number | undefined {
  const date = Date.parse(textField(json, key) ?? '');
  return Number.isNaN(date) ? undefined : date;
}
