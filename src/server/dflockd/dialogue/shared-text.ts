import { effortOf, type Effort } from '../../effort.js';

/** To put it together is so much dearer than to tell it. */
const MAKING = 8;

/** What is dear to find out, and is told to many: found out anew only for who may know that it has changed. */
export class SharedText {
  private text = '';
  private madeAt = -Infinity;

  /** @param now A monotonic clock, in milliseconds. */
  constructor(
    private readonly now: () => number,
    private readonly effort: Effort,
    private readonly make: () => string,
  ) {}

  /** What it takes to tell it, as far as that is known: see `Effort`. */
  get price(): number {
    return (MAKING + 1) * effortOf(this.text.length);
  }

  /** @param since Until when whoever asks has seen what happened. */
  tell(since: number): string {
    if (this.madeAt > since) return this.text;
    this.madeAt = this.now();
    this.text = this.make();
    this.effort.total += MAKING * effortOf(this.text.length);
    return this.text;
  }
}
