import type { Reply } from './port.js';

/** A reply as a list: an empty one if it is none. */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}
