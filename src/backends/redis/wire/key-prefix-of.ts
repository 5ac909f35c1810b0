/** What a client of ioredis puts before each key: a text, or the bytes of one. */
export function keyPrefixOf({ keyPrefix }: Readonly<Record<string, unknown>>): string {
  if (keyPrefix instanceof Uint8Array) return Buffer.from(keyPrefix).toString();
  return typeof keyPrefix === 'string' ? keyPrefix : '';
}
