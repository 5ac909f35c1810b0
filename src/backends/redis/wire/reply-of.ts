import type { Reply } from './port.js';

/** What a client library made of a reply, as RESP2 has it: whatever the protocol and the options of the library are. */
export function replyOf(value: unknown): Reply {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      // RESP2 has doubles as strings.
      return Number.isInteger(value) ? value : String(value);
    case 'boolean':
      return Number(value);
    case 'bigint':
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
    case 'object':
      return value === null ? null : objectOf(value);
    default:
      return null;
  }
}

function objectOf(value: object): Reply {
  if (Array.isArray(value)) return value.map(replyOf);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  if (value instanceof Map) return [...value].flat().map(replyOf);
  if (value instanceof Set) return [...value].map(replyOf);
  // An error within a list.
  if (value instanceof Error) return value.message;
  return Object.entries(value).flat().map(replyOf);
}
