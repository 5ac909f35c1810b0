import type { LocksEvent } from '../../src/contract/lease.js';

// As an object: TypeScript finds the one that is forgotten.
const TYPES: Readonly<Record<LocksEvent['type'], true>> = {
  requested: true,
  waiting: true,
  withdrawn: true,
  acquired: true,
  renewed: true,
  uncertain: true,
  lost: true,
  released: true,
  detached: true,
  release: true,
  error: true,
  'drain-error': true,
};

/** The types of all events, of locks and of `locks.events$`. */
export const EVENT_TYPES: ReadonlySet<string> = new Set(Object.keys(TYPES));
