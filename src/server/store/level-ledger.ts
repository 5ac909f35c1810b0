import type { Ledger, LedgerBatch } from '../ledger.js';
import type { Entries, LedgerContents } from '../records/read-entries.js';
import { entriesOf, openDatabase, type Database } from './database.js';
import type { Mark } from './mark.js';
import { writeTrouble } from './write-trouble.js';

/** What is written elsewhere than where a start looks would be lost. */
const MOVED = 'the directory was removed or moved while the server ran';

/** A ledger in a database on disk. */
export class LevelLedger implements Ledger {
  private isClosed = false;

  /** @param contents What the database holds. */
  constructor(
    private readonly path: string,
    private database: Database,
    private readonly mark: Mark,
    private contents: LedgerContents | undefined,
  ) {}

  take(): LedgerContents {
    const { contents } = this;
    if (contents === undefined) throw new TypeError('a ledger is read once');
    this.contents = undefined;
    return contents;
  }

  write({ number, token, puts, deletes }: LedgerBatch, done: (failure?: Error) => void): void {
    const operations = [
      ...deletes.map((key) => ({ type: 'del' as const, key })),
      ...puts.map(([key, value]) => ({ type: 'put' as const, key, value })),
    ];
    const written = this.mark.isThere
      ? this.database.batch(operations, { sync: true })
      : Promise.reject(new Error(MOVED));
    written.then(
      () => {
        this.remember(number, token);
        done();
      },
      (cause: unknown) => {
        done(writeTrouble(cause));
      },
    );
  }

  reopen(done: (failure: Error | undefined, entries?: Entries) => void): void {
    this.openAnew().then(
      (entries) => {
        done(undefined, entries);
      },
      (cause: unknown) => {
        done(writeTrouble(cause));
      },
    );
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.database.close();
    this.mark.close();
  }

  private async openAnew(): Promise<Entries> {
    // After a failed write it accepts nothing, or what it accepts may stand behind half a batch, where a start would not find it.
    await this.database.close().catch(() => undefined);
    this.database = await openDatabase(this.path, false);
    // Nobody would close it, and nobody else could open it.
    if (this.isClosed) await this.database.close();
    return entriesOf(this.database);
  }

  private remember(number: number, token: number): void {
    try {
      this.mark.write(number, token);
    } catch {
      // It lags, which harms nobody.
    }
  }
}
