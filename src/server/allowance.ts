/** What one client may ask for: so much a second, and what it did not use of the last second at once. */
export class Allowance {
  /** When it will have had its due for all that it asked for; in the past if it asks for less. */
  private paidUntil = -Infinity;
  private readonly price: number;

  /**
   * @param perSecond Infinity: any number.
   * @param now A monotonic clock, in milliseconds.
   */
  constructor(
    perSecond: number,
    private readonly now: () => number,
  ) {
    this.price = 1000 / perSecond;
  }

  /** @returns May it have `count` more now? If not, nothing is taken: see `wait`. */
  take(count = 1): boolean {
    if (this.price === 0) return true;
    const now = this.now();
    const after = Math.max(this.paidUntil, now - 1000) + count * this.price;
    if (after > now) return false;
    this.paidUntil = after;
    return true;
  }

  /** After how many milliseconds it may have `count` more; 0: now. */
  wait(count = 1): number {
    const now = this.now();
    return Math.max(0, Math.max(this.paidUntil, now - 1000) + count * this.price - now);
  }
}
