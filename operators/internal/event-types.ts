import type { LocksEvent } from '../../src/contract/lease.js';
import { LOCK_EVENT_TYPES } from '../../src/values/lock-event-types.js';

const TYPES: Readonly<Record<LocksEvent['type'], true>> = {
  ...LOCK_EVENT_TYPES,
  requested: true,
  withdrawn: true,
  release: true,
  error: true,
  'drain-error': true,
};

/** The types of all events, of locks and of `locks.events$`. */
export const EVENT_TYPES: ReadonlySet<string> = new Set(Object.keys(TYPES));
