import { OneLink } from './one-link.js';
import type { OpenLink } from './link.js';
import type { ChannelListener } from './port.js';

/** How soon a lost connection is made anew, and how late at most if that fails again and again. Milliseconds. */
const SOON = 50;
const LATE = 2000;

/** Listens to channels on a line of its own, and sees to it that it is up as long as there is one. */
export class Listening {
  private readonly listeners = new Map<string, ChannelListener>();
  private readonly line: OneLink;
  private timer: NodeJS.Timeout | undefined;
  private delay = SOON;
  private isClosed = false;

  constructor(open: OpenLink) {
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
    this.isClosed = true;
    this.listeners.clear();
    clearTimeout(this.timer);
    this.line.drop(cause);
  }

  private lost(): void {
    this.tellMissed();
    this.later();
  }

  private tellMissed(): void {
    for (const listener of [...this.listeners.values()]) listener.missed();
  }

  private later(): void {
    if (this.isClosed) return;
    clearTimeout(this.timer);
    // eslint-disable-next-line no-restricted-globals -- a connection lives in real time, and no process stays for this
    this.timer = setTimeout(() => {
      void this.again();
    }, this.delay);
    this.timer.unref();
    this.delay = Math.min(2 * this.delay, LATE);
  }

  /** Listens again to all. What came in between is missed. */
  private async again(): Promise<void> {
    try {
      await this.line.connect();
      await Promise.all([...this.listeners.keys()].map((channel) => this.line.subscribe(channel)));
      this.delay = SOON;
      this.tellMissed();
    } catch (error) {
      // If it was up, and was lost on the way, that is told already.
      if (this.line.drop(error as Error) || !this.line.isUp) this.later();
    }
  }
}
