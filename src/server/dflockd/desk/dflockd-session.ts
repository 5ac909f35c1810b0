import { ServerSession } from '../../session.js';
import type { ServerTable } from '../../../table/server-table.js';
import type { SessionPlace } from '../../session.js';
import type { DflockdPlace, PlaceOwner } from './dflockd-place.js';
import type { Traces } from './traces.js';

/** Names of which a client that never asks again may leave a trace. */
const MAX_EXPIRED = 1024;

/** What a connection has, and where it has enqueued. */
export class DflockdSession extends ServerSession implements PlaceOwner {
  readonly enqueued = new Map<string, DflockdPlace>();
  /** Names whose enqueued place was granted, and ran out before it was waited for. */
  private readonly expired = new Set<string>();

  constructor(
    readonly id: number,
    private readonly traces: Traces,
  ) {
    super();
  }

  expire(name: string): void {
    if (this.expired.has(name)) return;
    this.expired.add(name);
    this.traces.size++;
    if (this.expired.size <= MAX_EXPIRED && this.traces.size <= this.traces.max) return;
    // What is too much is taken from who has just left more.
    for (const oldest of this.expired) {
      this.forgetExpired(oldest);
      break;
    }
  }

  /** @returns Had it run out? It is forgotten now. */
  forgetExpired(name: string): boolean {
    if (!this.expired.delete(name)) return false;
    this.traces.size--;
    return true;
  }

  override end(table: ServerTable, keep?: (place: SessionPlace) => boolean): SessionPlace[] {
    for (const name of this.expired) this.forgetExpired(name);
    return super.end(table, keep);
  }
}
