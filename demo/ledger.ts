/** What the lock protects. It looks at the fencing token of each write, so it is safe even from those who err. */
export class Ledger {
  private newest = 0n;
  private written = 0;

  /** @returns Whether the write was taken: one with an older token than any seen before is not. */
  write(token: bigint): boolean {
    if (token < this.newest) return false;
    this.newest = token;
    this.written++;
    return true;
  }

  get size(): number {
    return this.written;
  }
}
