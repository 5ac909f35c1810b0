import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { clock } from './clock.mjs';

/** How often it is asked, in milliseconds. */
const EVERY = 5;

/**
 * Asks the server itself, not through the proxy, until when the lock is held there. Nobody else contends: if its key is
 * there, the one program has it. While the server is dead, the lock lasts as long as it would have on a living one.
 */
export class Truth {
  /** When the lock was held: from, until. The last may still be going on. */
  #spans = [];
  #client;
  #key;
  #isOver = false;
  #watching;

  constructor(port, key) {
    this.#client = new Redis(port, '127.0.0.1', {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => EVERY,
    });
    this.#client.on('error', () => {});
    this.#key = key;
    this.#watching = this.#watch();
  }

  /** @returns The time between the two moments in which the lock was not held. */
  missing(from, until) {
    const held = this.#spans.map((span) => Math.max(0, Math.min(until, span.until) - Math.max(from, span.from)));
    return until - from - held.reduce((sum, part) => sum + part, 0);
  }

  async stop() {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#watching;
    this.#client.disconnect();
  }

  /** Asks at once. Before a server is killed: it may have been renewed a moment ago. */
  async look() {
    const left = await this.#client.pttl(this.#key).catch(() => undefined);
    if (left !== undefined) this.#note(left, clock());
  }

  async #watch() {
    for (; !this.#isOver; await pause(EVERY)) await this.look();
  }

  /** @param left As PTTL says: -2 if there is no such key. */
  #note(left, now) {
    const last = this.#spans.at(-1);
    const goesOn = last !== undefined && last.until >= now;
    if (left < 0) {
      if (goesOn) last.until = now;
    } else if (goesOn) last.until = now + left;
    else this.#spans.push({ from: now, until: now + left });
  }
}
