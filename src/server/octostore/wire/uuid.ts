const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;
/** Other ways to write one: without hyphens, in braces, as a URN. */
const OTHERS = /^(?:urn:uuid:)?\{?([\da-f]{8})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{12})\}?$/;

/** A UUID as it is always written, however it was; `undefined` if it is none. */
export function readUuid(text: string): string | undefined {
  if (UUID.test(text)) return text;
  const parts = OTHERS.exec(text.toLowerCase());
  return parts?.slice(1).join('-');
}

/** Sixteen bytes as a UUID of one's own making (version 8). */
export function uuidOf(bytes: Buffer): string {
  const own = Buffer.from(bytes.subarray(0, 16));
  own[6] = ((own[6] ?? 0) & 0x0f) | 0x80;
  own[8] = ((own[8] ?? 0) & 0x3f) | 0x80;
  const hex = own.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
