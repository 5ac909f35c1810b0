import { Place, type Ask, type EndReason, type Owner } from '../table/place.js';
import type { ServerTable } from '../table/server-table.js';
import type { PlaceRecord } from './records.js';

/** A place that belongs to a client's session, whatever protocol the client speaks. */
export abstract class SessionPlace<A extends Ask = Ask> extends Place<A> {
  /** Is it held, also if nobody has looked since its end? It may have ended while something was stored. */
  isHeldAt(now: number): boolean {
    return this.state === 'held' && this.due > now;
  }

  /** The table has taken it away. Called before anybody else is given it. */
  abstract taken(reason: EndReason): void;

  /** What its front has to know to go on with it after a start. By default nobody goes on with it: it runs out. */
  record(): PlaceRecord | undefined {
    return undefined;
  }
}

/** What one client has of the lock table: the places that it holds or waits for. */
export class ServerSession implements Owner {
  private readonly places = new Set<SessionPlace>();

  get size(): number {
    return this.places.size;
  }

  /** When the last of what it holds ends; -Infinity if it holds nothing. */
  get heldUntil(): number {
    let last = -Infinity;
    for (const place of this.places) if (place.state === 'held') last = Math.max(last, place.until);
    return last;
  }

  add(place: SessionPlace): void {
    this.places.add(place);
  }

  remove(place: SessionPlace): void {
    this.places.delete(place);
  }

  ended(places: readonly Place[], reason: EndReason): void {
    for (const place of places as readonly SessionPlace[]) {
      this.places.delete(place);
      place.taken(reason);
    }
  }

  /**
   * Gives everything back: the client is gone.
   *
   * @param keep What stays held until it runs out.
   * @returns What was given back.
   */
  end(table: ServerTable, keep: (place: SessionPlace) => boolean = () => false): SessionPlace[] {
    const all = [...this.places];
    const waiting = all.filter(({ state }) => state === 'waiting');
    // The queue first, or what is given back would be granted to this very client.
    for (const place of waiting) table.leave(place);
    const held = all.filter((place) => place.state === 'held' && !keep(place));
    for (const place of held) table.release(place);
    const gone = all.filter((place) => place.state === 'gone');
    for (const place of gone) this.places.delete(place);
    return gone;
  }
}
