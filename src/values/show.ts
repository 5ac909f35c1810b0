const MAX = 40;
/** What breaks a line, obeys a terminal or turns a text around, as far as JSON leaves it as it is. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A value as an error may show it: short, on one line, and nothing of what is inside it.
 *
 * @param max Of a text, in UTF-16 units.
 */
export function show(value: unknown, max = MAX): string {
  if (typeof value === 'string') {
    const short = value.length > max ? `${value.slice(0, max)}…` : value;
    return JSON.stringify(short).replace(UNSEEN, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
  }
  // What has a `toString` of its own may throw in it, or tell what nobody should see.
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') return `of type ${typeof value}`;
  return typeof value === 'symbol' ? 'of type symbol' : String(value);
}
