/** Milliseconds that are looked at together. */
const WHILE = 10_000;

/** Counts what happens within a while, and says when that is more than ever is: a program that goes on for ever. */
export class Many {
  private while = 0;
  private count = 0;
  /** For good. */
  isOver = false;

  constructor(
    private readonly most: number,
    private readonly now: () => number,
  ) {}

  /** @throws Error once there are too many. */
  add(what: string): void {
    const current = Math.floor(this.now() / WHILE);
    if (current !== this.while) this.count = 0;
    this.while = current;
    if (++this.count > this.most) this.isOver = true;
    if (this.isOver) throw new Error(`too many ${what}`);
  }
}
