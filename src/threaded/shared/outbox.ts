/** Sends in one message what is to be said in one turn: a message costs more than what is in it. */
export class SharedOutbox<T> {
  private waiting: T[] = [];

  constructor(private readonly port: { postMessage(messages: readonly T[]): void }) {}

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
    this.port.postMessage(messages);
  }
}
