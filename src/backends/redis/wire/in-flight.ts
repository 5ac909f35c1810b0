import { clientError } from './client-error.js';
import { replyOf } from './reply-of.js';
import type { Reply } from './port.js';

/** What was sent on one connection and is not answered yet: a client may forget it when the connection is lost. */
export class InFlight {
  private readonly rejecters = new Set<(error: Error) => void>();

  /** @returns The reply, or a rejection once all is failed. */
  add(reply: Promise<unknown>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.rejecters.add(reject);
      reply.then(
        (value) => {
          this.rejecters.delete(reject);
          resolve(replyOf(value));
        },
        (error: unknown) => {
          this.rejecters.delete(reject);
          reject(clientError(error));
        },
      );
    });
  }

  /** Rejects whatever is not answered. */
  fail(error: Error): void {
    for (const reject of this.rejecters) reject(error);
    this.rejecters.clear();
  }
}
