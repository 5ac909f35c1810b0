/** In characters, and requests. */
const MAX_SIZE = 64 * 1024;
const MAX_REQUESTS = 1000;

/** As much as is answered to one client in one go; then it is somebody else's turn. */
export class Burst {
  private requests = 0;
  private end = 0;

  /** @param now A monotonic clock, in milliseconds. */
  constructor(private readonly now: () => number) {}

  /** @param time Milliseconds. */
  begin(time: number): void {
    this.requests = 0;
    this.end = this.now() + time;
  }

  /**
   * One more request is answered.
   *
   * @param size How much has been answered.
   * @returns Is it enough?
   */
  isOver(size: number): boolean {
    return ++this.requests > MAX_REQUESTS || size >= MAX_SIZE || this.now() >= this.end;
  }
}
