const TURN = Promise.resolve();

/** What is to be sent: all of a turn in one write, or each at once, and nothing before the connection is open. */
export class Outbox {
  private text = '';
  private isOpen = false;
  private isPlanned = false;
  private readonly flush = (): void => {
    this.isPlanned = false;
    const { text } = this;
    if (!this.isOpen || text === '') return;
    this.text = '';
    this.write(text);
  };

  /** @param isPrompt Nothing else is to be expected in the same turn, so nothing waits for its end. */
  constructor(
    private readonly write: (text: string) => void,
    private readonly isPrompt = false,
  ) {}

  /**
   * Goes out after the microtasks that run now, and all that they make run: a turn of a promise's user is several of
   * them, and one write costs more than all of them.
   *
   * @param isPrompt It goes out at once, and all that waits before it.
   */
  add(text: string, isPrompt = this.isPrompt): void {
    this.text += text;
    if (isPrompt) {
      this.flush();
      return;
    }
    if (this.isPlanned) return;
    this.isPlanned = true;
    void TURN.then(() => {
      process.nextTick(this.flush);
    });
  }

  open(): void {
    this.isOpen = true;
    this.flush();
  }

  /** Forgets what was not sent. */
  close(): void {
    this.isOpen = false;
    this.text = '';
  }
}
