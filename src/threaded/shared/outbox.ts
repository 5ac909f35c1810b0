/** Sends in one message what is to be said in one turn: a message costs more than what is in it. */
export class SharedOutbox<T> {
  private waiting: T[] = [];

  /** @param refused What is sent in place of what cannot be, if anything. */
  constructor(
    private readonly port: { postMessage(messages: readonly T[]): void },
    private readonly refused: (message: T) => T | undefined,
  ) {}

  post(message: T): void {
    if (this.waiting.push(message) > 1) return;
    void Promise.resolve().then(() => {
      this.flush();
    });
  }

  flush(): void {
    if (this.waiting.length === 0) return;
    const messages = this.waiting;
    this.waiting = [];
    if (this.send(messages)) return;
    // One of them is to blame.
    for (const message of messages) {
      if (this.send([message])) continue;
      const other = this.refused(message);
      if (other !== undefined) this.send([other]);
    }
  }

  private send(messages: readonly T[]): boolean {
    try {
      this.port.postMessage(messages);
      return true;
    } catch {
      return false;
    }
  }
}
