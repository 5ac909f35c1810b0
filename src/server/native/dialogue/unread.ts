import type { ClientMessage } from '../../../native/from-client.js';

/** So many frames are kept of a client before it is not read any more. */
const MAX_AHEAD = 16;

/** What a client has sent, and nobody has looked at yet. */
export class Unread {
  /** Of the frame that was begun. */
  rest: readonly ClientMessage[] = [];
  /** Characters of the frames that were not begun. */
  size = 0;
  private readonly frames: string[] = [];

  get isEmpty(): boolean {
    return this.rest.length === 0 && this.frames.length === 0;
  }

  /** Is there so much that the client is not to send more? @param maxSize Characters. */
  isMoreThan(maxSize: number): boolean {
    return this.frames.length > MAX_AHEAD || this.size > maxSize;
  }

  add(frame: string): void {
    this.frames.push(frame);
    this.size += frame.length;
  }

  /** The next frame. */
  take(): string | undefined {
    const frame = this.frames.shift();
    this.size -= frame?.length ?? 0;
    return frame;
  }

  clear(): void {
    this.frames.length = 0;
    this.rest = [];
    this.size = 0;
  }
}
