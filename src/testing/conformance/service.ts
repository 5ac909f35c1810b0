import type { Duration } from '../../contract/time.js';
import type { LockBackend } from '../../contract/backend.js';

/** A lock service to test a backend on: one for each case. */
export interface ConformanceService {
  /**
   * Makes a client of the service. Called up to three times in a case: what one client holds must keep out the others.
   * The suite opens and closes it. A backend that has its locks in itself may be the same object each time.
   */
  create(): LockBackend;
  /** Makes a client of a service that cannot be reached: nothing is listening where it is. Without it, what a client does then is not tried. */
  createUnreachable?(): LockBackend;
  /** Ends the service. Called after all its clients were closed. */
  dispose?(): unknown;
  /** The shortest ttl that runs out in about its time. `backend.ttl.min` by default, 1 s without it. */
  readonly minTtl?: Duration;
  /** Stretches all bounds on waiting, for a slow service or machine. 1 by default. */
  readonly timeScale?: number;
  /** What is put behind a name to try which names are accepted. */
  readonly goodSuffixes?: readonly string[];
  /** Names that must be refused. The empty name by default. */
  readonly badNames?: readonly string[];
  /** How many locks are taken at once. 50 by default. */
  readonly many?: number;
}

/** Makes the service of a case. */
export type ConformanceFactory = () => ConformanceService | Promise<ConformanceService>;
