import type { Room } from './room.js';

/** So long one who comes to a queue, or leaves it, may be kept from the watchers. Milliseconds. */
const PAUSE = 20;

/**
 * Those who watch names: who is told what, and when.
 *
 * If each who comes to a queue were told to all, the cost of a crowd of which all wait and watch would grow with its square: so all of a turn are told at
 * once, and all of 20 ms where they come one by one.
 */
export class Audience {
  /** How many there are. */
  size = 0;
  /** Rooms whose watchers are still to be told that their queue has grown or shrunk. */
  private readonly rooms = new Set<Room>();
  private toldAt = -Infinity;

  /**
   * @param changed Called when `size` or `due` have changed.
   * @param left Called with a room that nobody watches any more.
   */
  constructor(
    private readonly now: () => number,
    private readonly changed: () => void,
    private readonly left: (room: Room) => void,
  ) {}

  /** When somebody is to be told. Infinity: nobody is. */
  get due(): number {
    return this.rooms.size === 0 ? Infinity : this.toldAt + PAUSE;
  }

  /** Calls back when something has changed in a room. @returns Ends it. */
  add(room: Room, listener: () => void): () => void {
    const watchers = (room.watchers ??= new Set());
    const watcher = (): void => {
      listener();
    };
    watchers.add(watcher);
    this.size++;
    this.changed();
    return () => {
      if (!watchers.delete(watcher)) return;
      this.size--;
      if (watchers.size > 0) return;
      this.rooms.delete(room);
      this.left(room);
      this.changed();
    };
  }

  /** Tells what has changed in a room: at once, unless others only came to its queue, or left it. */
  tell(room: Room): void {
    if (room.news === 'crowd') {
      this.rooms.add(room);
      this.changed();
    } else if (room.news === 'holder') {
      this.rooms.delete(room);
      room.tell();
    }
  }

  /** Those that are due, which are told then. */
  take(): readonly Room[] {
    const now = this.now();
    if (this.due > now) return [];
    this.toldAt = now;
    const rooms = [...this.rooms];
    this.rooms.clear();
    return rooms;
  }
}
