import type { Socket } from 'node:net';
import type { ServerConnection, Dialogue, Front } from '../connection.js';

/** A connection over TCP or TLS. */
export class SocketConnection implements ServerConnection {
  private readonly dialogue: Dialogue;
  private isBackedUp = false;
  private readonly onWritten = (): void => {
    if (!this.isBackedUp || this.socket.destroyed) return;
    this.isBackedUp = this.socket.writableLength > 0;
    this.dialogue.drained();
  };

  /** @param socket Accepted with `allowHalfOpen`: who sends all its requests and then closes still gets the answers. */
  constructor(
    private readonly socket: Socket,
    front: Front,
    readonly source: string,
    private readonly onWelcome: () => void,
  ) {
    this.dialogue = front.open(this);
    socket
      .on('data', (bytes: Buffer) => {
        this.dialogue.received(bytes.toString('latin1'));
      })
      .on('end', () => {
        this.dialogue.finished();
      })
      // A reset, or a peer that TCP's keep-alive found gone; 'close' follows.
      .on('error', () => {})
      .on('close', () => {
        this.dialogue.closed();
      });
  }

  get backlog(): number {
    return this.socket.writableLength;
  }

  write(text: string): void {
    if (this.socket.writableEnded || this.socket.destroyed) return;
    this.socket.write(text, 'latin1', this.onWritten);
    if (this.socket.writableLength > 0) this.isBackedUp = true;
  }

  welcome(): void {
    this.onWelcome();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
