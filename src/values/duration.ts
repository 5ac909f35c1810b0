import { invalid } from './invalid.js';
import { show } from './show.js';
import type { Duration } from '../contract/time.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const FORM = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** The longest timer that a JavaScript engine has; a longer one would fire at once. 24.8 days. */
export const MAX_DURATION = 2 ** 31 - 1;

// Programs write a handful of durations and pass them millions of times.
const known = new Map<string, number>();
const MAX_KNOWN = 256;

/**
 * Turns a duration into milliseconds.
 *
 * @param duration A number of milliseconds, or a string with its unit: `'500ms'`, `'30s'`, `'5m'`, `'2h'`, `'1d'`.
 * @param option The name that an error gives it.
 * @returns Milliseconds, from 0 to 2^31 − 1 (24.8 days).
 * @throws LockValidationError for anything else.
 *
 * @example
 * ```ts
 * import { parseDuration } from 'rxlock';
 *
 * parseDuration('1.5s'); // 1500
 * parseDuration(process.env.LOCK_TTL ?? '30s', 'LOCK_TTL');
 * ```
 */
export function parseDuration(duration: Duration, option = 'duration'): number {
  if (typeof duration === 'string') return known.get(duration) ?? parse(duration, option);
  if (typeof duration !== 'number') throw bad(duration, option, 'is neither a number of milliseconds nor a string');
  return check(duration, duration, option);
}

function parse(text: string, option: string): number {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) throw bad(text, option, `has no unit: write '${trimmed.slice(0, 12)}s' for seconds`);
  const [, digits, unit = ''] = FORM.exec(trimmed) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw bad(text, option, `is not a duration: write '500ms', '30s', '5m' or '1h'`);
  // 8.2 × 60,000 is 491,999.99999999994.
  const exact = Math.round(Number(digits) * factor * 1000) / 1000;
  const whole = Math.floor(exact);
  // To the engine, what a division gives is no small integer, and each lock would keep a copy of its own of it.
  const ms = check(whole === exact ? whole : exact, text, option);
  if (known.size < MAX_KNOWN) known.set(text, ms);
  return ms;
}

function check(ms: number, given: Duration, option: string): number {
  if (!(ms >= 0)) throw bad(given, option, 'is not a number of at least 0');
  if (ms > MAX_DURATION) throw bad(given, option, 'is more than 24.8 days');
  return ms;
}

function bad(given: unknown, option: string, why: string): Error {
  return invalid(option, `${show(given)} ${why}`);
}
