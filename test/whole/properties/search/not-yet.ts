import type { Invariant } from './ledger.js';

/** What is known not to hold yet, and why. */
export const NOT_YET: Partial<Record<Invariant, string>> = {};
