import { TurnOutbox } from './turn-outbox.js';

/** What a client is told in a protocol of lines. */
export class ServerOutbox extends TurnOutbox {
  private text = '';

  /** How much is not written yet. */
  get size(): number {
    return this.text.length;
  }

  /** How much the client has not taken. */
  get untaken(): number {
    return this.text.length + this.backlog;
  }

  say(text: string): void {
    this.text += text;
    this.atEndOfTurn();
  }

  flush(): void {
    const { text } = this;
    if (text === '') return;
    this.text = '';
    if (!this.isClosed) this.write(text);
  }
}
