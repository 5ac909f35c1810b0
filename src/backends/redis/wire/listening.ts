import { OneLink } from './one-link.js';
import type { OpenLink } from './link.js';
import type { ChannelListener } from './port.js';
import { Retry } from './retry.js';

/** Listens to channels on a line of its own, and sees to it that it is up as long as there is one. */
export class Listening {
  private readonly listeners = new Map<string, ChannelListener>();
  private readonly line: OneLink;
  private readonly retry = new Retry(() => this.again());

  /** @param refused Is told why a channel cannot be listened to. */
  constructor(
    open: OpenLink,
    private readonly refused: (error: unknown) => void = () => {},
  ) {
    this.line = new OneLink(open, {
      lost: () => {
        this.lost();
      },
      message: (channel, text) => {
        this.listeners.get(channel)?.message(text);
      },
    });
  }

  /** @returns Resolves when the server has confirmed it. */
  async subscribe(channel: string, listener: ChannelListener): Promise<void> {
    await this.line.connect();
    // Before it is confirmed: a message may come right behind.
    this.listeners.set(channel, listener);
    try {
      await this.line.subscribe(channel);
    } catch (error) {
      if (this.listeners.get(channel) === listener) this.listeners.delete(channel);
      this.refused(error);
      // Another server may do it.
      if (this.listeners.size === 0) this.line.drop(error as Error);
      throw error;
    }
  }

  keepAlive(isNeeded: boolean): void {
    this.line.keepAlive(isNeeded);
  }

  /** Drops the link, and makes another. */
  renew(cause: Error): void {
    if (this.line.drop(cause)) this.lost();
  }

  close(cause: Error): void {
    this.listeners.clear();
    this.retry.stop();
    this.line.drop(cause);
  }

  private lost(): void {
    this.tellMissed();
    this.retry.soon();
  }

  private tellMissed(): void {
    for (const listener of [...this.listeners.values()]) listener.missed();
  }

  /** Listens again to all. What came in between is missed. */
  private async again(): Promise<void> {
    await this.line.connect();
    try {
      await Promise.all([...this.listeners.keys()].map((channel) => this.line.subscribe(channel)));
    } catch (error) {
      this.refused(error);
      // Half of it is nothing.
      this.line.drop(error as Error);
      throw error;
    }
    this.retry.rest();
    this.tellMissed();
  }
}
