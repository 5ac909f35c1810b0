import { invalid } from '../../values/invalid.js';
import { systemClock } from '../../values/system-clock.js';
import { refuseUnknown } from '../../values/refuse-unknown.js';
import { requireOrigins } from '../net/origins.js';

/** The OctoStore front. Counts of 0 mean: none. */
export interface OctostoreFrontOptions {
  /** Whose answers it gives: today's server's (`'octostore'`, the default), or those that the documents of its clients promise (`'documents'`). */
  readonly dialect?: 'octostore' | 'documents' | undefined;
  /** Pages of browsers that may ask, such as `https://app.example.com`; `*`: all. None by default. */
  readonly origins?: readonly string[] | undefined;
  /** How many locks one user may hold: 100 by default, as on OctoStore's server. */
  readonly maxLocks?: number | undefined;
  /** How many sessions one user may have: 1000 by default. */
  readonly maxSessions?: number | undefined;
  /** How many locks may have a list of who may acquire them: 10,000 by default. */
  readonly maxAcls?: number | undefined;
  /** How many elections may have a leader: 10,000 by default. */
  readonly maxElections?: number | undefined;
  /** How many streams of elections there may be: 1024 by default. */
  readonly electionWatches?: number | undefined;
  /** Of these, for one address: 8 by default. */
  readonly electionWatchesPerAddress?: number | undefined;
  /** The time of day in milliseconds, for people to read. The system's by default. */
  readonly date?: (() => number) | undefined;
}

/** The same, checked. */
export type OctostoreSettings = {
  readonly [option in keyof OctostoreFrontOptions]-?: NonNullable<OctostoreFrontOptions[option]>;
};

const COUNTS = {
  maxLocks: 100,
  maxSessions: 1000,
  maxAcls: 10_000,
  maxElections: 10_000,
  electionWatches: 1024,
  electionWatchesPerAddress: 8,
} as const;
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(COUNTS), 'dialect', 'origins', 'date']);

/** @throws LockValidationError naming the option. */
export function checkOctostoreOptions(options: OctostoreFrontOptions = {}): OctostoreSettings {
  refuseUnknown(options, KNOWN);
  const { dialect = 'octostore', origins = [], date = systemDate } = options;
  if (dialect !== 'octostore' && dialect !== 'documents') throw invalid('dialect', "is 'octostore' or 'documents'");
  requireOrigins(origins);
  const counts = Object.entries(COUNTS).map(([option, byDefault]) => {
    const value = options[option as keyof typeof COUNTS] ?? byDefault;
    if (!Number.isSafeInteger(value) || value < 0) throw invalid(option, 'is a whole number, 0 or more');
    return [option, value] as const;
  });
  return { dialect, origins, date, ...(Object.fromEntries(counts) as Record<keyof typeof COUNTS, number>) };
}

function systemDate(): number {
  return systemClock().date();
}
