/**
 * A time that never falls, whatever is told of it: what was believed to have passed has passed. A source that falls
 * back goes on from there.
 */
export class Rising {
  /** What is added to what the source tells. */
  private added = 0;
  private last = -Number.MAX_VALUE;

  /**
   * @param told What the source says. What is no finite number says nothing.
   * @returns Never less than before.
   */
  read(told: number): number {
    const now = told + this.added;
    return now >= this.last && now < Infinity ? (this.last = now) : this.mend(told);
  }

  /** Some time passed that the source does not count. */
  add(milliseconds: number): number {
    this.added += milliseconds;
    return (this.last += milliseconds);
  }

  private mend(told: number): number {
    if (this.last === -Number.MAX_VALUE) this.last = 0;
    if (Number.isFinite(told)) this.added = this.last - told;
    return this.last;
  }
}
