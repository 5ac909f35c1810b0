/** Tells people when something ends that is counted on a monotonic clock. Nothing is decided by it. */
export class WallClock {
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

  /** As RFC 3339 has it. */
  dateOf(due: number): string {
    return new Date(this.date() + due - this.now()).toISOString();
  }

  /** The present moment. */
  today(): string {
    return new Date(this.date()).toISOString();
  }
}
