import type { Socket } from 'node:net';
import type { Wire } from '../../backends/dflockd/socket.js';

/** Timers take no more. Milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

/**
 * A socket that a user has opened. Its timeout stays his: a silence is told by a timer beside it, and only while something
 * of ours hangs on the socket.
 */
export class BorrowedSocket implements Wire {
  timeout: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly isNeeded: () => boolean,
  ) {
    socket.on('data', () => {
      this.timer?.refresh();
    });
    socket.on('close', () => {
      clearTimeout(this.timer);
    });
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  on(event: string, listener: () => void): void {
    if (event === 'timeout') this.listeners.push(listener);
    else this.socket.on(event, listener);
  }

  once(event: string, listener: () => void): void {
    this.socket.once(event, listener);
  }

  write(text: string): void {
    this.timer?.refresh();
    this.socket.write(text);
  }

  setTimeout(time: number): void {
    this.timeout = time;
    clearTimeout(this.timer);
    this.timer = undefined;
    if (time === 0 || this.socket.destroyed) return;
    const silent = (): void => {
      if (!this.isNeeded()) return;
      for (const listener of this.listeners) listener();
    };
    // As that of a socket it keeps no process alive, which a scheduler's would.
    // eslint-disable-next-line no-restricted-globals -- only this one can be unreferenced
    this.timer = setTimeout(silent, Math.min(time, MAX_TIMER)).unref();
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.socket.destroy();
  }

  ref(): void {
    this.socket.ref();
  }

  unref(): void {
    this.socket.unref();
  }
}
