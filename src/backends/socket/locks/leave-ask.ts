import type { Leave } from '../../../native/from-client.js';
import { SocketAsk, type Answer } from '../client/socket-ask.js';

/** Leaves the queue, and gives back what was granted meanwhile. After a cut the server does so by itself: nobody wants it any more. */
export class LeaveAsk extends SocketAsk {
  /** @param lock What was asked. */
  constructor(private readonly lock: number) {
    super();
  }

  write(id: number): Leave {
    return { type: 'leave', id, lock: this.lock };
  }

  heard({ type }: Answer): boolean {
    if (type !== 'done' && type !== 'error') return false;
    this.end();
    return true;
  }

  failed(): void {
    // It runs out: nothing keeps it.
  }
}
