import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { until } from './poll.js';

/** Where a server is. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Its certificate, if it speaks TLS. */
  readonly ca?: string | undefined;
}

/** A connection to a server of the dflockd protocol, without any client's cleverness. */
export class DflockdClient {
  /** What was answered and not yet read. */
  readonly lines: string[] = [];
  /** How the connection ended, if it did. */
  ended: 'end' | 'error' | 'close' | undefined;
  private rest = '';

  private constructor(readonly socket: Socket) {
    socket
      .on('data', (bytes: Buffer) => {
        const lines = (this.rest + bytes.toString('latin1')).split('\n');
        this.rest = lines.pop()!;
        this.lines.push(...lines);
      })
      .on('end', () => (this.ended ??= 'end'))
      .on('error', () => (this.ended ??= 'error'))
      .on('close', () => (this.ended ??= 'close'));
  }

  static async connect({ host, port, ca }: Address): Promise<DflockdClient> {
    const socket =
      ca === undefined
        ? connect({ host, port, noDelay: true })
        : connectTls({ host, port, ca, servername: 'localhost' });
    const client = new DflockdClient(socket);
    await once(socket, ca === undefined ? 'connect' : 'secureConnect');
    return client;
  }

  /** Sends text as it is, each character as one byte. */
  raw(text: string): void {
    this.socket.write(text, 'latin1');
  }

  send(command: string, key: string, argument = ''): void {
    this.raw(`${command}\n${key}\n${argument}\n`);
  }

  /** The next line that is answered. */
  async line(within?: number): Promise<string> {
    await until(() => this.lines.length > 0 || this.ended !== undefined, 'an answer', within);
    const line = this.lines.shift();
    if (line === undefined) throw new Error('the server has closed the connection');
    return line;
  }

  /** Sends a request and reads one line. */
  async ask(command: string, key: string, argument = ''): Promise<string> {
    this.send(command, key, argument);
    return this.line();
  }

  /** Takes a lock that is free. @returns Its token. */
  async take(key: string, argument = '10 30', command = 'l'): Promise<string> {
    const [word, token] = (await this.ask(command, key, argument)).split(' ');
    if ((word !== 'ok' && word !== 'acquired') || token === undefined) throw new Error(`answered ${String(word)}`);
    return token;
  }

  async stats(): Promise<DflockdStats> {
    return JSON.parse((await this.ask('stats', '_')).slice('ok '.length)) as DflockdStats;
  }

  /** Resolves when the server has closed the connection. */
  async closed(within?: number): Promise<void> {
    await until(() => this.ended !== undefined, 'the end of the connection', within);
  }

  /** Closes it, as a process does that ends. */
  close(): void {
    this.socket.destroy();
  }

  /** Resets it. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** What `stats` answers. */
export interface DflockdStats {
  readonly connections: number;
  readonly locks: { key: string; owner_conn_id: number; lease_expires_in_s: number; waiters: number }[];
  readonly semaphores: { key: string; limit: number; holders: number; waiters: number }[];
  readonly idle_locks: { key: string; idle_s: number }[];
  readonly idle_semaphores: { key: string; idle_s: number }[];
  readonly signal_channels?: { pattern: string; group?: string; listeners: number }[];
}
