import type { SchedulerLike } from 'rxjs';

/** Milliseconds, or a string with its unit: `'500ms'`, `'30s'`, `'5m'`, `'1h'`. */
export type Duration = number | string;

/** Where all time comes from. Every value is in milliseconds. */
export interface Clock {
  /**
   * The holder's clock: never runs slower than real time, counts suspend, is not fooled by a stepped wall clock into
   * believing a lease for longer. All `sentAt`s and deadlines are on it. Its zero is arbitrary.
   */
  elapsed(): number;
  /** Milliseconds since the epoch. For people and logs; no decision hangs on it. */
  date(): number;
  /** The monotonic clock, for lock tables: a stepped wall clock can never free a lock early. */
  monotonic(): number;
  /** Reads the sources that are too costly for `elapsed()`. Called by the keeper once a tick. */
  sync?(): void;
}

/** What the core shares with its backend: one clock, one scheduler, one source of randomness. */
export interface Runtime {
  readonly clock: Clock;
  readonly scheduler: SchedulerLike;
  /** A number in [0, 1). */
  readonly random: () => number;
}
