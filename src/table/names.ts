import { ChurnMap } from '../values/churn-map.js';
import { permitsOf, WHOLE } from './permits-of.js';
import type { Place } from './place.js';
import { Link, Room, type Directory } from './room.js';
import type { TableStatus } from './table-status.js';

/** The names of one kind: locks or semaphores. A lock that nobody else wants is its holder alone; all else has a room. */
export class Names implements Directory {
  private readonly known = new ChurnMap<string, Place | Room>();

  constructor(readonly semaphores: boolean) {}

  get size(): number {
    return this.known.size;
  }

  /** Is a lock held by somebody whom nobody waits for or watches, and who keeps this one out? */
  isBarred(place: Place): boolean {
    const found = this.known.get(place.ask.name);
    if (found === undefined || found instanceof Room) return false;
    return permitsOf(found.ask) + permitsOf(place.ask) > WHOLE;
  }

  /** Makes it the first and only holder of a lock, if nobody has, wants or watches that. @returns Was it so? */
  claim(place: Place): boolean {
    return this.known.add(place.ask.name, place);
  }

  delete(name: string): void {
    this.known.delete(name);
  }

  /** The room of a name, made if there is none. */
  room(name: string): Room {
    const found = this.known.get(name);
    if (found instanceof Room) return found;
    const room = new Room(name, this, this.semaphores ? 0 : WHOLE);
    if (found !== undefined) {
      found.link = new Link(room);
      room.admit(found);
    }
    this.known.set(name, room);
    return room;
  }

  /** A lock's only holder, or the room of a name. */
  find(name: string): Place | Room | undefined {
    return this.known.get(name);
  }

  holders(name: string): Place[] {
    const found = this.known.get(name);
    if (found === undefined) return [];
    return found instanceof Room ? [...found.holders] : [found];
  }

  *places(): Generator<Place> {
    for (const found of this.known.values()) {
      if (found instanceof Room) {
        yield* found.holders;
        yield* found.queue;
      } else yield found;
    }
  }

  status(name: string, now: number): TableStatus {
    const found = this.known.get(name);
    const room = found instanceof Room ? found : undefined;
    const first = found instanceof Room ? found.holders.first : found;
    return {
      name,
      limit: this.semaphores ? (room?.limit ?? 0) : 1,
      mode: this.semaphores || first === undefined ? undefined : (first.ask.mode ?? 'exclusive'),
      holders: room?.holders.size ?? (first === undefined ? 0 : 1),
      permits: this.semaphores ? (room?.taken ?? 0) : undefined,
      waiters: room?.queue.size ?? 0,
      holder: first?.holder,
      metadata: first?.metadata,
      fencingToken: first?.fencingToken,
      expiresIn: first === undefined ? undefined : Math.max(0, Math.ceil(first.until - now)),
    };
  }

  /** Those that begin with the prefix, also if nobody holds them. */
  names(prefix: string): string[] {
    const names: string[] = [];
    for (const name of this.known.keys()) if (name.startsWith(prefix)) names.push(name);
    return names;
  }

  list(prefix: string, now: number): TableStatus[] {
    return this.names(prefix)
      .map((name) => this.status(name, now))
      .filter(({ holders }) => holders > 0);
  }
}
