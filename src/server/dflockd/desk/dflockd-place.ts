import type { Ask, EndReason } from '../../../table/place.js';
import type { PlaceRecord } from '../../records.js';
import { SessionPlace, type ServerSession } from '../../session.js';
import { recordOf } from './dflockd-record.js';
import type { Key } from './keys.js';

/** Who is told what becomes of a place. */
export interface PlaceEvents {
  granted(place: DflockdPlace): void;
  taken(place: DflockdPlace, reason: EndReason): void;
}

/** Whose a place is. */
export interface PlaceOwner extends ServerSession {
  /** The number of its connection, which no other has. */
  readonly id: number;
  /** By name: enqueued, and not yet answered by a wait. */
  readonly enqueued: Map<string, DflockdPlace>;
  /** Remembers that a place of this name ran out before it was waited for. */
  expire(name: string): void;
}

/** A client's place in a queue, then among the holders. */
export class DflockdPlace extends SessionPlace {
  declare readonly owner: PlaceOwner;
  /** The client's credential; empty before the grant. Of a place of before a start, what stands for it. */
  credential = '';
  /** Counted among those that wait for its key. */
  isQueued = false;
  /** When it joined the queue; negative if it never did. */
  queuedAt = -1;
  /** Called when it is granted, if a client waits for that. */
  awaited: ((place: DflockdPlace) => void) | undefined = undefined;

  constructor(
    ask: Ask,
    owner: PlaceOwner,
    readonly key: Key,
    private readonly events: PlaceEvents,
  ) {
    super(ask, owner);
  }

  override get holder(): string {
    return `dflockd connection ${String(this.owner.id)}`;
  }

  override record(): PlaceRecord {
    return recordOf(this.credential, this.owner.id);
  }

  granted(): void {
    this.events.granted(this);
  }

  taken(reason: EndReason): void {
    this.events.taken(this, reason);
  }
}

/** What a client learns of the place that it was granted. */
export function answerOf({ credential, ask }: DflockdPlace): string {
  return `${credential} ${String(ask.ttl / 1000)}`;
}
