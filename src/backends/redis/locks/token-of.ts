let lastText = '';
let lastToken = 0n;

/** Reads a fencing token; `undefined` if it is none. What one call grants has one token, mostly: that is read once. */
export function tokenOf(text: unknown): bigint | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  if (text === lastText) return lastToken;
  if (!/^\d+$/.test(text)) return undefined;
  lastText = text;
  return (lastToken = BigInt(text));
}
