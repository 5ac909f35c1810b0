import type { LockEventType } from '../contract/lease.js';

/** The types of the events of a lock, as the keys of an object: TypeScript finds the one that is forgotten. */
export const LOCK_EVENT_TYPES: Readonly<Record<LockEventType, true>> = {
  waiting: true,
  acquired: true,
  renewed: true,
  uncertain: true,
  lost: true,
  released: true,
  detached: true,
};
