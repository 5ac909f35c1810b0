import type { Room } from './room.js';

/**
 * The trampoline: rooms in which something changed are attended to one after the other, in a loop. What a callback changes
 * joins the end of the line, so no depth of calls depends on how many wait.
 */
export class Rounds {
  private first: Room | undefined = undefined;
  private last: Room | undefined = undefined;
  private running = false;

  /**
   * @param attend Does one thing in a room; what is left is added again.
   * @param done Called when there is nothing left to do.
   */
  constructor(
    private readonly attend: (room: Room) => void,
    private readonly done: () => void,
  ) {}

  add(room: Room): void {
    if (room.touched) return;
    room.touched = true;
    if (this.last === undefined) this.first = room;
    else this.last.nextTouched = room;
    this.last = room;
  }

  /** Attends to all, unless that is what is going on already, or there is none. */
  run(): void {
    if (this.running || this.first === undefined) return;
    this.running = true;
    try {
      for (let room = this.take(); room !== undefined; room = this.take()) this.attend(room);
    } finally {
      this.running = false;
      // A callback threw: that is its caller's affair, and the others must be told all the same.
      if (this.first === undefined) this.done();
      else this.run();
    }
  }

  /** Attends to nothing before `first` is over. */
  runAfter(first: () => void): void {
    const { running } = this;
    this.running = true;
    try {
      first();
    } finally {
      this.running = running;
      this.run();
    }
  }

  private take(): Room | undefined {
    const room = this.first;
    if (room === undefined) return undefined;
    this.first = room.nextTouched;
    if (this.first === undefined) this.last = undefined;
    room.nextTouched = undefined;
    room.touched = false;
    return room;
  }
}
