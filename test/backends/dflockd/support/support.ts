import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { asyncScheduler, firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { dflockd, type DflockdBackend, type DflockdOptions } from '../../../../src/backends/dflockd/index.js';
import type { AcquireRequest, Grant, Released, Renewal, Revocation } from '../../../../src/contract/backend.js';
import { Attempt, ShiftedClock, type Granted } from '../../../support/octostore-client.js';

export { anyName, type Attempt, type Granted } from '../../../support/octostore-client.js';

/** A backend of its own, used through its contract, as the core does. */
export class Client {
  readonly clock = new ShiftedClock();
  readonly revocations: Revocation[] = [];
  readonly backend: DflockdBackend;

  constructor(options: DflockdOptions) {
    this.backend = dflockd(options);
    this.backend.open?.({ clock: this.clock, scheduler: asyncScheduler, random: () => 0.5 });
    this.backend.revoked$?.subscribe((revocation) => this.revocations.push(revocation));
  }

  ask(name: string, options: Partial<Pick<AcquireRequest, 'ttl' | 'wait' | 'limit'>> = {}): Attempt {
    return new Attempt(this.backend, { name, ttl: 30_000, wait: true, ...options });
  }

  acquire(name: string, options: Partial<Pick<AcquireRequest, 'ttl' | 'wait' | 'limit'>> = {}): Promise<Granted> {
    return this.ask(name, options).granted();
  }

  async release(...grants: readonly Grant[]): Promise<readonly Released['outcome'][]> {
    const keepFor = grants.map(() => 0);
    const released = await lastValueFrom(this.backend.release(grants, keepFor).pipe(toArray()));
    return released.sort((a, b) => a.index - b.index).map(({ outcome }) => outcome);
  }

  async renew(grants: readonly Grant[], ttl = 30_000): Promise<readonly Renewal[]> {
    const ttls = grants.map(() => ttl);
    const renewals = await lastValueFrom(this.backend.renew(grants, ttls).pipe(toArray()));
    return renewals.sort((a, b) => a.index - b.index);
  }

  async isHeld(name: string): Promise<boolean> {
    return (await firstValueFrom(this.backend.status(name))).status === 'held';
  }
}

/** What the client says on one connection, and what it hears there. */
export interface Line {
  readonly client: Socket;
  readonly upstream: Socket;
  /** All that the client sent. */
  said: string;
  /** All that the server answered. */
  heard: string;
  /** The client is not to learn of the end of the other side. */
  isSevered: boolean;
}

/** A relay in front of a server that shows each connection apart, and cuts them where a test says. */
export class Tap {
  readonly lines: Line[] = [];
  /** The next connection is reset after so many bytes of the server's answers. */
  cutAfter = Infinity;
  private server: Server | undefined;

  private constructor(private readonly target: number) {}

  static async start(target: number): Promise<Tap> {
    const tap = new Tap(target);
    const server = createServer({ noDelay: true }, (client) => {
      tap.join(client);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    tap.server = server;
    return tap;
  }

  get port(): number {
    return (this.server?.address() as AddressInfo).port;
  }

  /** Those that are open. */
  get open(): readonly Line[] {
    return this.lines.filter(({ client }) => !client.destroyed);
  }

  /** How often a request was sent, on all connections. */
  count(command: string): number {
    return this.lines.reduce((sum, { said }) => sum + commandsOf(said).filter((one) => one === command).length, 0);
  }

  /** The connection on which something was said. */
  that(said: string): Line | undefined {
    return this.lines.findLast((line) => line.said.includes(said));
  }

  /** Resets the server's side of a connection; the client's stays open, and hears nothing any more. */
  sever(line: Line): void {
    line.isSevered = true;
    line.upstream.resetAndDestroy();
  }

  async stop(): Promise<void> {
    const { server } = this;
    server?.close();
    for (const { client, upstream } of this.lines) {
      client.destroy();
      upstream.destroy();
    }
    if (server !== undefined) await once(server, 'close');
  }

  private join(client: Socket): void {
    const upstream = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const line: Line = { client, upstream, said: '', heard: '', isSevered: false };
    const { cutAfter } = this;
    this.cutAfter = Infinity;
    this.lines.push(line);
    client.on('data', (chunk) => {
      line.said += chunk.toString('latin1');
      if (upstream.writable) upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      const left = cutAfter - line.heard.length;
      line.heard += chunk.toString('latin1');
      if (chunk.length < left) client.write(chunk);
      else {
        client.end(chunk.subarray(0, left));
        upstream.destroy();
      }
    });
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (!line.isSevered) client.destroy();
        upstream.destroy();
      });
    }
  }
}

/** The commands in what was said: each request is three lines. */
export function commandsOf(said: string): readonly string[] {
  return said.split('\n').filter((_, index, all) => index % 3 === 0 && index < all.length - 1);
}

/** What a scripted server answers to a request, if anything. */
export type Script = (request: readonly [command: string, key: string, arg: string]) => string | undefined;

/** A server that says what a test wants it to say. */
export class ScriptedServer {
  /** Those that are open. */
  readonly sockets = new Set<Socket>();
  /** The commands and keys that it was sent. */
  readonly requests: string[] = [];

  private constructor(
    private readonly server: Server,
    /** May be exchanged while it runs. */
    public script: Script,
  ) {}

  static async start(script: Script): Promise<ScriptedServer> {
    const server = createServer({ noDelay: true });
    const scripted = new ScriptedServer(server, script);
    server.on('connection', (socket) => {
      scripted.join(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return scripted;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private join(socket: Socket): void {
    let text = '';
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk) => {
      const lines = (text + chunk.toString('latin1')).split('\n');
      for (; lines.length > 3; lines.splice(0, 3)) {
        const [command = '', key = '', arg = ''] = lines;
        this.requests.push(`${command} ${key}`);
        const answer = this.script([command, key, arg]);
        if (answer !== undefined) socket.write(`${answer}\n`);
      }
      text = lines.join('\n');
    });
  }
}

/** Answers as a server does that grants everything, for as long as it is asked. */
export const GENEROUS: Script = ([command, , arg]) => {
  switch (command) {
    case 'l':
    case 'e':
      return `ok token ${arg.split(' ').at(-1) ?? ''}`;
    case 'n':
      return `ok ${arg.split(' ')[1] ?? ''}`;
    case 'stats':
      return 'ok {}';
    default:
      return 'ok';
  }
};
