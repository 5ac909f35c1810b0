import type { SocketAsk } from './socket-ask.js';

/** Asks in the order in which they were sent; any of them may leave at any time. */
export class PendingAsks {
  first: SocketAsk | undefined = undefined;
  private last: SocketAsk | undefined = undefined;

  push(ask: SocketAsk): void {
    ask.isListed = true;
    ask.older = this.last;
    if (this.last === undefined) this.first = ask;
    else this.last.newer = ask;
    this.last = ask;
  }

  remove(ask: SocketAsk): void {
    if (!ask.isListed) return;
    ask.isListed = false;
    const { older, newer } = ask;
    if (older === undefined) this.first = newer;
    else older.newer = newer;
    if (newer === undefined) this.last = older;
    else newer.older = older;
    ask.older = ask.newer = undefined;
  }

  clear(): void {
    while (this.first !== undefined) this.remove(this.first);
  }
}
