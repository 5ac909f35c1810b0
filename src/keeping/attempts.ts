import type { Kept } from './kept.js';
import { RenewalBatch } from './renewal-batch.js';

/** Which renewals of each lease are under way: the newest, and older ones that may still be answered. */
export class Attempts {
  /** There are few, so they are no field of each lease. */
  private readonly older = new Map<Kept, readonly RenewalBatch[]>();

  /** Are there any older ones? */
  get areLate(): boolean {
    return this.older.size > 0;
  }

  /** Makes a request that is the newest attempt of all its members. */
  begin(members: Kept[]): RenewalBatch {
    const batch = new RenewalBatch(members);
    for (const kept of members) {
      if (kept.attempt !== undefined) this.older.set(kept, [...this.olderOf(kept), kept.attempt as RenewalBatch]);
      kept.attempt = batch;
    }
    return batch;
  }

  /**
   * Ends an attempt that was answered.
   *
   * @param isConfirmed Those that are older than a confirmed one can confirm nothing more, and end with it.
   * @returns Was it still waited for?
   */
  end(kept: Kept, batch: RenewalBatch, isConfirmed: boolean): boolean {
    const older = this.olderOf(kept);
    const isNewest = kept.attempt === batch;
    const own = isNewest ? older.length : older.indexOf(batch);
    if (own < 0) return false;
    if (isNewest) kept.attempt = undefined;
    if (older.length > 0) {
      const ended = isConfirmed ? older.slice(0, own) : [];
      for (const one of ended) one.leave();
      this.setOlder(
        kept,
        older.filter((one) => one !== batch && !ended.includes(one)),
      );
    }
    batch.leave();
    return true;
  }

  /** No answer to its attempts counts any more. */
  forget(kept: Kept): void {
    (kept.attempt as RenewalBatch | undefined)?.leave();
    kept.attempt = undefined;
    for (const batch of this.olderOf(kept)) batch.leave();
    this.older.delete(kept);
  }

  private olderOf(kept: Kept): readonly RenewalBatch[] {
    return this.older.size === 0 ? NONE : (this.older.get(kept) ?? NONE);
  }

  private setOlder(kept: Kept, older: readonly RenewalBatch[]): void {
    if (older.length === 0) this.older.delete(kept);
    else this.older.set(kept, older);
  }
}

const NONE: readonly RenewalBatch[] = [];
