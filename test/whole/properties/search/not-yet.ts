import type { Invariant } from './ledger.js';

/** What is known not to hold yet, and why. */
export const NOT_YET: Partial<Record<Invariant, string>> = {};

const STOP =
  'a stop in the very turn in which a shared lease ends is not heard by who contends anew for it in that turn';

/** Programs that are known to break something, by their seeds, and why. Each is a test that fails once it is mended. */
export const KNOWN: Readonly<Record<number, string>> = {
  1_000_445: STOP,
  1_004_290: STOP,
  1_014_546: STOP,
  1_015_418:
    'a service refuses several locks in one answer and grants one of them anew while the refusal of the first is told: the lease of the other is believed in until its own refusal is read, in the same turn',
};
