/** So far the two clocks may drift apart before dates follow: what is told of the same end is the same date. Milliseconds. */
const DRIFT = 50;

/** Tells people when something ends that is counted on a monotonic clock. Nothing is decided by it. */
export class WallClock {
  private offset = 0;

  /**
   * @param now The monotonic clock, in milliseconds.
   * @param date The time of day, in milliseconds since 1970.
   */
  constructor(
    private readonly now: () => number,
    private readonly date: () => number,
  ) {}

  /** Milliseconds from now on. */
  rest(due: number): number {
    return Math.max(0, Math.ceil(due - this.now()));
  }

  /** As RFC 3339 has it; rather early than late. */
  dateOf(due: number): string {
    const lead = this.date() - this.now() - this.offset;
    if (!(lead >= 0 && lead <= DRIFT)) this.offset += Math.floor(lead) - 1;
    return new Date(due + this.offset).toISOString();
  }

  /** The present moment. */
  today(): string {
    return new Date(this.date()).toISOString();
  }
}
