import { Bag, type BagItem } from '../../../values/bag.js';
import { clientError } from './client-error.js';
import { replyOf } from './reply-of.js';
import type { Reply } from './port.js';

interface Sent extends BagItem {
  reject(error: Error): void;
}

/** What was sent on one connection and is not answered yet: a client may forget it when the connection is lost. */
export class InFlight {
  private readonly open = new Bag<Sent>();

  /** @returns The reply, or a rejection once all is failed. */
  add(reply: Promise<unknown>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const sent: Sent = { spot: -1, reject };
      this.open.add(sent);
      reply.then(
        (value) => {
          this.open.delete(sent);
          resolve(replyOf(value));
        },
        (error: unknown) => {
          this.open.delete(sent);
          reject(clientError(error));
        },
      );
    });
  }

  /** Rejects whatever is not answered. */
  fail(error: Error): void {
    for (const sent of this.open.toArray()) {
      this.open.delete(sent);
      sent.reject(error);
    }
  }
}
