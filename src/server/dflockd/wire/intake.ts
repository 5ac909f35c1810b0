import type { ServerConnection } from '../../connection.js';
import { FrameReader, type Frame } from './frame-reader.js';

/** As much is read ahead of a request that waits for a lock. Read on it must be: that is how a client that closes is noticed. */
const MAX_AHEAD = 16 * 1024;

/** What becomes of what a client sends: it is answered; kept for later; not even read; or dropped. */
export type Mode = 'answered' | 'rested' | 'awaited' | 'shut' | 'dropped';

/** What a client asks for, cut into requests. What is not answered yet keeps it waiting, and takes no memory here. */
export class Intake {
  /** When the line that is being waited for became due. */
  since: number;
  /** The client will send nothing more. */
  hasFinished = false;
  private readonly frames = new FrameReader();
  private isPaused = false;

  /** @param now A monotonic clock, in milliseconds. */
  constructor(
    private readonly connection: ServerConnection,
    private readonly now: () => number,
  ) {
    this.since = now();
  }

  /** How many characters wait to be read. */
  get size(): number {
    return this.frames.size;
  }

  take(text: string): void {
    this.frames.push(text);
    // Each line has its own time: half a line after another buys none.
    if (text.includes('\n')) this.since = this.now();
  }

  /** The next line has all its time before it. */
  restart(): void {
    this.since = this.now();
  }

  finish(): void {
    this.hasFinished = true;
    this.frames.finish();
  }

  next(): Frame | 'incomplete' | 'too-long' {
    return this.frames.next();
  }

  /** Reads on, or lets the client wait. */
  regulate(mode: Mode): void {
    const pause = this.isTooMuchFor(mode);
    if (pause === this.isPaused) return;
    this.isPaused = pause;
    if (pause) this.connection.pause();
    else this.connection.resume();
  }

  private isTooMuchFor(mode: Mode): boolean {
    switch (mode) {
      case 'rested':
        return this.frames.size > 0;
      case 'awaited':
        return this.frames.size > MAX_AHEAD;
      case 'shut':
        return true;
      default:
        return false;
    }
  }
}
