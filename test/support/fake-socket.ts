import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** What a connection needs of a socket. What the other side says is for the test to `emit`. */
export class FakeSocket extends EventEmitter {
  readonly connecting = false;
  destroyed = false;
  closed = false;
  /** All that was written. */
  written = '';

  /** As a connection takes it. */
  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  write(text: string): boolean {
    this.written += text;
    return true;
  }

  destroy(): void {
    this.destroyed = true;
    this.closed = true;
  }

  ref(): void {
    // It keeps nothing alive.
  }

  unref(): void {
    // As above.
  }

  /** The other side says something. @returns False if nobody hears it any more. */
  hear(bytes: Buffer): boolean {
    if (this.destroyed) return false;
    return this.emit('data', bytes);
  }

  /** The other side closes. */
  hangUp(): void {
    if (!this.destroyed) this.emit('close');
  }
}
