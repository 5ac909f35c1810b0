import type { Room } from './room.js';

/** So long one who comes to a queue, or leaves it, may be kept from the watchers. Milliseconds. */
const PAUSE = 20;

/**
 * Rooms whose watchers are still to be told that their queue has grown or shrunk. If each who comes were told to all, the
 * cost of a crowd of which all wait and watch would grow with its square: so all of a turn are told at once, and all of
 * 20 ms where they come one by one.
 */
export class Crowds {
  private readonly rooms = new Set<Room>();
  private toldAt = -Infinity;

  constructor(private readonly now: () => number) {}

  /** When they are to be told. Infinity: nobody is. */
  get due(): number {
    return this.rooms.size === 0 ? Infinity : this.toldAt + PAUSE;
  }

  add(room: Room): void {
    this.rooms.add(room);
  }

  /** Its watchers know, or there are none. */
  remove(room: Room): void {
    this.rooms.delete(room);
  }

  /** Empties it, if it is time. */
  take(): readonly Room[] {
    const now = this.now();
    if (this.due > now) return [];
    this.toldAt = now;
    const rooms = [...this.rooms];
    this.rooms.clear();
    return rooms;
  }
}
