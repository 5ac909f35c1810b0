import type { Invariant } from './ledger.js';

/** What is known not to hold yet, and why. */
export const NOT_YET: Partial<Record<Invariant, string>> = {};

/** Programs that are known to break something, by their seeds, and why. Each is a test that fails once it is mended. */
export const KNOWN: Readonly<Record<number, string>> = {
  1_015_418:
    'a service refuses several locks in one answer, and grants one of them anew while the refusal of the first is told: nobody can know of a refusal before he has read it',
};
