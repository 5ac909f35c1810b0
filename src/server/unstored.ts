import type { Records } from './records.js';

/** Stores nothing: all is stored at once, and a start knows of nothing before it. */
export const UNSTORED: Records = {
  failure: undefined,
  whenStored(done) {
    done();
  },
  storedTtl: () => Infinity,
  changed() {
    // Nobody has written it.
  },
  restored: () => [],
  notes: () => new Map(),
  put() {
    // Nobody reads it.
  },
  delete() {
    // There is none.
  },
  begin: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
