import { replyOf } from './reply-of.js';
import type { ChangedKeys } from './port.js';

/** What a server tells of keys that have changed: their names, or nothing if all have. */
export function changedKeys(message: unknown): ChangedKeys {
  return Array.isArray(message) ? message.map((key) => String(replyOf(key))) : 'all';
}
