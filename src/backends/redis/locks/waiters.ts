import type { ChannelListener } from '../wire/port.js';
import type { Calls } from '../wire/calls.js';

/** Somebody who waits, as his client's channel knows him. */
export interface Waiter {
  readonly owner: string;
  /** Whether it is his turn, he can ask now. */
  look(): void;
  /** Another one is before him; he may not come for what is his. */
  lookSoon(): void;
}

/**
 * All of this client who wait, and the one channel on which they are told that it is their turn. A message says no more than that it is worth
 * asking: who waits asks from time to time anyway.
 */
export class Waiters implements ChannelListener {
  private readonly waiters = new Map<string, Waiter>();
  private readonly counts = new Map<string, number>();
  private isListening = false;
  private listening: Promise<void> | undefined;

  constructor(
    private readonly calls: Calls,
    private readonly channel: string,
  ) {}

  /** Does anybody wait for it here? */
  has(key: string): boolean {
    return this.counts.has(key);
  }

  add(key: string, waiter: Waiter): void {
    this.waiters.set(waiter.owner, waiter);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  delete(key: string, waiter: Waiter): void {
    if (!this.waiters.delete(waiter.owner)) return;
    const count = this.counts.get(key) ?? 0;
    if (count > 1) this.counts.set(key, count - 1);
    else this.counts.delete(key);
  }

  /** Calls back once messages are heard, or it has turned out that they cannot be heard now: then the asking alone must do. */
  listen(then: () => void): void {
    if (this.isListening) then();
    else void (this.listening ??= this.subscribe()).then(then);
  }

  message(text: string): void {
    if (text.startsWith('~')) this.waiters.get(text.slice(1))?.lookSoon();
    else this.waiters.get(text)?.look();
  }

  missed(): void {
    for (const waiter of [...this.waiters.values()]) waiter.look();
  }

  private async subscribe(): Promise<void> {
    try {
      await this.calls.limit((port) => port.subscribe(this.channel, this), false);
      this.isListening = true;
    } catch {
      // The next who waits tries it again.
    } finally {
      this.listening = undefined;
    }
  }
}
