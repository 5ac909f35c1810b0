/** So many are kept. */
const MAX = 64;

/**
 * Lines that come in one piece with an answer, but answer nothing that was asked yet: they are for what is asked next.
 * What comes later by itself is none of ours: the user may talk on his socket as well.
 */
export class EarlyAnswers {
  private readonly lines: string[] = [];
  private isAnswering = false;

  /** An answer is being read. */
  answering(): void {
    if (this.isAnswering) return;
    this.isAnswering = true;
    // All that came in the same piece is read before.
    void Promise.resolve().then(() => {
      this.isAnswering = false;
    });
  }

  keep(line: string): void {
    if (this.isAnswering && this.lines.length < MAX) this.lines.push(line);
  }

  take(): string | undefined {
    return this.lines.shift();
  }
}
