import { InvalidArgumentError, Option } from 'commander';

/** What a flag's text means. @throws InvalidArgumentError with what it should be. */
export type Read<T> = (text: string) => T;

const ADDRESS = /^(?:(\[[\da-f:.%]+\]|[^:\s[\]]+):)?\d{1,5}$/i;
const DURATION = /^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/;
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `[HOST:]PORT`. */
export const address: Read<string> = (text) => {
  const port = Number(/\d+$/.exec(text)?.[0]);
  if (!ADDRESS.test(text) || port > 65_535) refuse('Write a port, or HOST:PORT, such as 8080 or 0.0.0.0:8080.');
  return text;
};

/** `30s`. */
export const duration: Read<string> = (text) => {
  if (!DURATION.test(text)) refuse('Write a number with its unit: 500ms, 30s, 5m or 1h.');
  return text;
};

/** A whole number; 0 is one. */
export const count: Read<number> = (text) => {
  if (!/^\d{1,15}$/.test(text)) refuse('Write a whole number; 0 means no limit.');
  return Number(text);
};

/** `65536`, `64KiB`, `1MiB`. */
export const bytes: Read<number> = (text) => {
  const [, digits, unit = ''] = /^(\d{1,9})(?:([kmg])(?:i?b)?)?$/i.exec(text) ?? [];
  if (digits === undefined) refuse('Write a number of bytes, or with a unit: 64KiB, 1MiB; 0 means no limit.');
  return Number(digits) * (UNITS[unit.toLowerCase()] ?? 1);
};

/** Several, with commas between, or said again. */
export const list = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text.split(',').flatMap((one) => one.trim() || []),
];

/** A flag with a value; the variable of the environment that stands in for it is called after it. */
export function flag(form: string, description: string, read?: (text: string, before?: never) => unknown): Option {
  const made = new Option(form, description);
  if (read !== undefined) made.argParser(read as (text: string, before: unknown) => unknown);
  return made.env(variableOf(made.long ?? ''));
}

/** `--max-ttl` is `RXLOCK_MAX_TTL`. */
export function variableOf(long: string): string {
  return `RXLOCK_${long.replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`;
}

function refuse(message: string): never {
  throw new InvalidArgumentError(message);
}
