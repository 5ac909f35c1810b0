import type { Entries, LedgerContents } from './records/read-entries.js';

/** What is written in one go: all of it, or nothing. */
export interface LedgerBatch {
  /** Greater than that of any before it. */
  readonly number: number;
  /** The highest fencing token that was given out until now. */
  readonly token: number;
  readonly puts: readonly (readonly [key: string, text: string])[];
  readonly deletes: readonly string[];
}

/** Where records are kept: texts by keys, on disk. */
export interface Ledger {
  /** What it held when it was opened. To be asked once: it is not kept. */
  take(): LedgerContents;
  /**
   * Writes a batch, and calls back when that would survive a power cut. One at a time.
   *
   * @param done With a failure, nobody knows whether it was written; nothing more is until it was opened anew.
   */
  write(batch: LedgerBatch, done: (failure?: Error) => void): void;
  /** Opens it anew after a failure. */
  reopen(done: (failure: Error | undefined, entries?: Entries) => void): void;
  close(): Promise<void>;
}
