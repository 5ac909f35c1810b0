import type { Unwatch } from '../../../native/from-client.js';
import { SocketAsk, type Answer } from '../client/socket-ask.js';

/** Watches a name no more. With the connection that ends by itself. */
export class UnwatchAsk extends SocketAsk {
  constructor(private readonly watch: number) {
    super();
  }

  write(id: number): Unwatch {
    return { type: 'unwatch', id, watch: this.watch };
  }

  heard({ type }: Answer): boolean {
    if (type !== 'done' && type !== 'error') return false;
    this.end();
    return true;
  }

  failed(): void {
    // Nothing hangs on it.
  }
}
