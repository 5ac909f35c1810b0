import { ServerSession } from '../session.js';
import type { DflockdPlace, PlaceOwner } from './desk/dflockd-place.js';

/** Names of which a client that never asks again may leave a trace. */
const MAX_EXPIRED = 1024;

/** What a connection has, and where it has enqueued. */
export class DflockdSession extends ServerSession implements PlaceOwner {
  readonly enqueued = new Map<string, DflockdPlace>();
  /** Names whose enqueued place was granted, and ran out before it was waited for. */
  private readonly expired = new Set<string>();

  expire(name: string): void {
    this.expired.add(name);
    if (this.expired.size <= MAX_EXPIRED) return;
    for (const oldest of this.expired) {
      this.expired.delete(oldest);
      break;
    }
  }

  /** @returns Had it run out? It is forgotten now. */
  forgetExpired(name: string): boolean {
    return this.expired.delete(name);
  }
}
