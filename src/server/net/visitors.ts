import type { Socket } from 'node:net';
import { sourceOf } from './source-of.js';

/** How many of them there may be. Infinity: no limit. */
export interface VisitorLimits {
  readonly maxPerAddress: number;
  readonly maxStrangers: number;
  readonly onRefused?: ((limit: 'connectionsPerAddress' | 'strangers') => void) | undefined;
}

/** Who is connected, from where, and of whom it is not known yet who he is: so that nobody can take all the room. */
export class Visitors {
  readonly all = new Set<Socket>();
  private readonly sources = new Map<string, number>();
  /** By address and port, the oldest first. */
  private readonly strangers = new Map<string, Socket>();

  constructor(private readonly limits: VisitorLimits) {}

  /** @returns False for one too many from where he is, who is closed. */
  admit(socket: Socket): boolean {
    const { remoteAddress = '', remotePort } = socket;
    const source = sourceOf(remoteAddress);
    const count = this.sources.get(source) ?? 0;
    if (count >= this.limits.maxPerAddress) {
      socket.destroy();
      this.limits.onRefused?.('connectionsPerAddress');
      return false;
    }
    this.sources.set(source, count + 1);
    this.all.add(socket);
    this.strangers.set(keyOf(remoteAddress, remotePort), socket);
    socket.once('close', () => {
      this.all.delete(socket);
      this.leave(source);
      this.welcome(remoteAddress, remotePort);
    });
    if (this.strangers.size > this.limits.maxStrangers) this.closeOldest();
    return true;
  }

  /** He is no stranger any more. */
  welcome(address: string, port: number | undefined): void {
    this.strangers.delete(keyOf(address, port));
  }

  private leave(source: string): void {
    const count = (this.sources.get(source) ?? 1) - 1;
    if (count === 0) this.sources.delete(source);
    else this.sources.set(source, count);
  }

  private closeOldest(): void {
    for (const [key, oldest] of this.strangers) {
      this.strangers.delete(key);
      oldest.destroy();
      this.limits.onRefused?.('strangers');
      break;
    }
  }
}

function keyOf(address: string, port: number | undefined): string {
  return `${address} ${String(port)}`;
}
