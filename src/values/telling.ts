import { reportError } from './report-errors.js';

/**
 * Tells things in order: what is told while something else is being told waits for its turn, and is told before `tell`
 * returns to whoever began.
 *
 * Without it a handler that brings about the next event would have that one told first to whoever comes after it.
 */
export class Telling<T> {
  private isTelling = false;
  /** Made only for who tells while telling. */
  private later: T[] | undefined;

  /** @param deliver Tells one thing. What it throws is reported as RxJS reports what nobody handles, and stops nothing. */
  constructor(private readonly deliver: (item: T) => void) {}

  /**
   * Tells it now, or, if something is being told, right after that.
   *
   * @param before Is done first; what it tells is told after this. Throws nothing.
   */
  tell(item: T, before?: () => void): void {
    const isNested = this.isTelling;
    const turn = this.later?.length ?? 0;
    this.isTelling = true;
    before?.();
    if (isNested) {
      (this.later ??= []).splice(turn, 0, item);
      return;
    }
    this.tellOne(item);
    if (this.later !== undefined) this.drain(this.later);
    this.isTelling = false;
  }

  private drain(later: T[]): void {
    // It may grow meanwhile.
    for (const item of later) this.tellOne(item);
    this.later = undefined;
  }

  private tellOne(item: T): void {
    try {
      this.deliver(item);
    } catch (error) {
      reportError(error);
    }
  }
}
