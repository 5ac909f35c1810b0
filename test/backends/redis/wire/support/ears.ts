import type { ChannelListener } from '../../../../../src/backends/redis/wire/port.js';

/** A listener that remembers what it was told. */
export class Ears implements ChannelListener {
  readonly heard: string[] = [];
  missedTimes = 0;

  message(text: string): void {
    this.heard.push(text);
  }

  missed(): void {
    this.missedTimes++;
  }
}
