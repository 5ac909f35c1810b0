import { isExpectedEvent, project } from './lock-event.js';

/**
 * Makes what came and what was expected fit for a deep comparison: errors become their name and message, events that
 * are compared with a `lockEvent` become the fields that it names, and other live leases become their name and token.
 *
 * @returns The two, to be compared with each other.
 */
export function comparable(actual: unknown, expected: unknown): readonly [actual: unknown, expected: unknown] {
  if (Object.is(actual, expected)) return [actual, expected];
  if (isExpectedEvent(expected)) return [project(actual, expected), expected.plain()];
  if (actual instanceof Error && expected instanceof Error) return [plainError(actual), plainError(expected)];
  if (Array.isArray(actual) && Array.isArray(expected)) return arrays(actual, expected);
  if (isPlain(actual) && isPlain(expected)) return objects(actual, expected);
  return [readable(actual), expected];
}

function arrays(actual: readonly unknown[], expected: readonly unknown[]): readonly [unknown[], unknown[]] {
  const pairs = Array.from({ length: Math.max(actual.length, expected.length) }, (_, i) =>
    comparable(actual[i], expected[i]),
  );
  return [pairs.slice(0, actual.length).map(([one]) => one), pairs.slice(0, expected.length).map(([, one]) => one)];
}

type Plain = Readonly<Record<string, unknown>>;

function objects(actual: Plain, expected: Plain): readonly [Plain, Plain] {
  const left: Record<string, unknown> = {};
  const right: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    const [a, e] = comparable(actual[key], expected[key]);
    if (key in actual) left[key] = a;
    if (key in expected) right[key] = e;
  }
  return [left, right];
}

function isPlain(value: unknown): value is Plain {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Without its stack: where an error was made is no part of what it says. */
function plainError(error: Error): { readonly name: string; readonly message: string } {
  return { name: error.name, message: error.message };
}

/** How deep live things are looked for: message, notification, value, lease, and one more. */
const DEPTH = 5;

/** A live lease would fill pages of a failed test's report. */
function readable(value: unknown, depth = DEPTH): unknown {
  if (value instanceof Error) return plainError(value);
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => readable(one, depth - 1));
  if ('fencingToken' in value && 'isHeld' in value) {
    const { name, fencingToken } = value as { readonly name?: unknown; readonly fencingToken: unknown };
    return { name, fencingToken };
  }
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readable(one, depth - 1)]));
}
