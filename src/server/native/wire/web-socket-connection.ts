import type { RawData, WebSocket } from 'ws';
import type { ConnectionListener, NativeConnection } from './native-connection.js';

/** The protocol over a WebSocket. */
export class WebSocketConnection implements NativeConnection {
  private listener: ConnectionListener | undefined = undefined;
  private isBackedUp = false;
  private readonly onWritten = (): void => {
    if (!this.isBackedUp || this.socket.readyState !== this.socket.OPEN) return;
    this.isBackedUp = this.socket.bufferedAmount > 0;
    this.listener?.drained();
  };

  constructor(
    private readonly socket: WebSocket,
    readonly source: string,
    private readonly onWelcome: () => void,
  ) {}

  /** Has it listened to. */
  listen(listener: ConnectionListener): void {
    this.listener = listener;
    this.socket
      .on('message', (data: RawData, isBinary: boolean) => {
        listener.received(isBinary ? undefined : textOf(data));
      })
      .on('pong', () => {
        listener.ponged();
      })
      // A frame that is too large, or none, or a reset; 'close' follows.
      .on('error', () => {})
      .on('close', () => {
        listener.closed();
      });
  }

  get backlog(): number {
    return this.socket.bufferedAmount;
  }

  write(text: string): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.socket.send(text, this.onWritten);
    if (this.socket.bufferedAmount > 0) this.isBackedUp = true;
  }

  ping(): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
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

  end(code: number): void {
    this.socket.close(code);
    // Whoever is to be heard closing must be read.
    this.socket.resume();
  }

  destroy(): void {
    this.socket.terminate();
  }
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data).toString('utf8');
}
