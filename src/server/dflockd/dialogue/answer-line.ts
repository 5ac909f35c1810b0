/** An answer that is not there yet keeps those behind it waiting. */
interface Slot {
  text: string | undefined;
}

/** Answers in the order of their requests, even if some are known later than those after them. */
export class AnswerLine {
  private readonly line: Slot[] = [];

  /** @param write Gets each when all before it were written. */
  constructor(private readonly write: (text: string) => void) {}

  /** How many are waited for, or wait for one. */
  get size(): number {
    return this.line.length;
  }

  say(text: string): void {
    if (this.line.length === 0) this.write(text);
    else this.line.push({ text });
  }

  /** @returns To be called once, with the answer. */
  later(): (text: string) => void {
    const slot: Slot = { text: undefined };
    this.line.push(slot);
    return (text) => {
      slot.text = text;
      this.proceed();
    };
  }

  private proceed(): void {
    for (let first = this.line[0]; first?.text !== undefined; first = this.line[0]) {
      this.line.shift();
      this.write(first.text);
    }
  }
}
