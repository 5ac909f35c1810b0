/** More does not fit into the 64-bit nanoseconds in which other servers of this protocol count. */
const MAX_SECONDS = 9_223_372_036;
const INTEGER = /^[+-]?[0-9]+$/;

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** The words of an argument. */
export function fieldsOf(argument: string): string[] {
  const fields: string[] = [];
  let start = -1;
  for (let index = 0; index < argument.length; index++) {
    const space = isSpace(argument.charCodeAt(index));
    if (space && start >= 0) {
      fields.push(argument.slice(start, index));
      start = -1;
    } else if (!space && start < 0) start = index;
  }
  if (start >= 0) fields.push(argument.slice(start));
  return fields;
}

/** Without white space around it. */
export function trimmed(argument: string): string {
  let from = 0;
  let to = argument.length;
  while (from < to && isSpace(argument.charCodeAt(from))) from++;
  while (to > from && isSpace(argument.charCodeAt(to - 1))) to--;
  return argument.slice(from, to);
}

/** @returns Undefined for what is no whole number from `least` up, or too large to be counted with. */
export function integer(text: string | undefined, least: number): number | undefined {
  if (text === undefined || !INTEGER.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** @returns Milliseconds; undefined for what is no number of seconds from `least` up. */
export function seconds(text: string | undefined, least: number): number | undefined {
  const value = integer(text, least);
  return value === undefined || value > MAX_SECONDS ? undefined : value * 1000;
}

/** A key is not empty and has no white space. */
export function isKey(key: string): boolean {
  return key !== '' && !/[ \t\n\r]/.test(key);
}
