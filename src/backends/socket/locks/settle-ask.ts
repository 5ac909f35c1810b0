import type { LockError } from '../../../contract/errors.js';
import type { Settle } from '../../../native/from-client.js';
import { SocketAsk, type Answer } from '../client/socket-ask.js';

/** What a part of a settlement says. */
export interface Part {
  readonly holds: readonly number[];
  readonly wants: readonly number[];
}

/** Says what we believe that we hold, and what we wait for; or a part of it. */
export class SettleAsk extends SocketAsk {
  private news = 0;

  /**
   * @param look What is to be said: as things stand when it is sent.
   * @param settled Called with when the last part was sent, and what was heard by then.
   */
  constructor(
    private readonly look: () => Part,
    private readonly heardNews: () => number,
    private readonly isLast: boolean,
    private readonly settled: (sentAt: number, news: number) => void,
  ) {
    super();
  }

  write(id: number): Settle {
    const { holds, wants } = this.look();
    this.news = this.heardNews();
    const message = { type: 'settle', id, news: this.news, holds, wants } as const;
    return this.isLast ? message : { ...message, more: true };
  }

  heard({ type }: Answer): boolean {
    if (type !== 'done') return false;
    this.end();
    if (this.isLast) this.settled(this.at, this.news);
    return true;
  }

  failed(_error: LockError): void {
    // The next connection begins with another.
  }
}
