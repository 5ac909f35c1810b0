import type { LocksEvent } from '../../src/contract/lease.js';

/** The types of all events, of locks and of `locks.events$`. */
export const EVENT_TYPES: ReadonlySet<string> = new Set<LocksEvent['type']>([
  'waiting',
  'acquired',
  'renewed',
  'uncertain',
  'lost',
  'released',
  'detached',
  'release',
  'error',
  'drain-error',
]);
