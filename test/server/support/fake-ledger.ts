import { firstHead, HEAD } from '../../../src/server/records/head.js';
import type { Ledger, LedgerBatch } from '../../../src/server/ledger.js';
import { readEntries, type Entries, type LedgerContents } from '../../../src/server/records/read-entries.js';

/** A disk: what is on it survives whoever writes to it. */
export class FakeDisk {
  readonly entries = new Map([[HEAD, firstHead()]]);
  /** Every batch that was ever written. */
  readonly batches: LedgerBatch[] = [];
  /** Why nothing can be written. */
  trouble: string | undefined = undefined;

  write({ puts, deletes }: LedgerBatch): void {
    for (const key of deletes) this.entries.delete(key);
    for (const [key, text] of puts) this.entries.set(key, text);
  }
}

/** A ledger whose writes end when a test says so, and which is lost with its process. */
export class FakeLedger implements Ledger {
  /** What is under way. */
  pending: (() => void) | undefined = undefined;
  isClosed = false;
  private isBroken = false;
  private isGone = false;

  constructor(
    readonly disk = new FakeDisk(),
    /** Does each write end at once? */
    public isFast = false,
  ) {}

  take(): LedgerContents {
    return readEntries(this.disk.entries);
  }

  write(batch: LedgerBatch, done: (failure?: Error) => void): void {
    if (this.pending !== undefined) throw new Error('two writes at once');
    if (this.isBroken || this.isClosed) throw new Error('a write to a ledger that is not open');
    const { disk } = this;
    this.pending = () => {
      this.pending = undefined;
      if (disk.trouble === undefined) {
        disk.write(batch);
        disk.batches.push(batch);
        done();
      } else {
        this.isBroken = true;
        done(new Error(disk.trouble));
      }
    };
    if (this.isFast) this.finish();
  }

  /** What is under way is over. */
  finish(): void {
    if (!this.isGone) this.pending?.();
  }

  /** Part of what was under way has come to the disk after all, though its failure is told. */
  failButWrite(trouble: string, batch: LedgerBatch): void {
    this.disk.trouble = trouble;
    this.disk.write(batch);
    this.finish();
  }

  reopen(done: (failure: Error | undefined, entries?: Entries) => void): void {
    if (this.disk.trouble !== undefined) done(new Error(this.disk.trouble));
    else {
      this.isBroken = false;
      done(undefined, new Map(this.disk.entries));
    }
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  /** Its process is killed: what is under way is never told. @param isWritten Had it come to the disk? */
  crash(isWritten: boolean): void {
    if (isWritten) this.pending?.();
    this.isGone = true;
  }
}
