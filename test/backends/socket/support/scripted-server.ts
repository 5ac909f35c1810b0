import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:https';
import { WebSocketServer, type WebSocket } from 'ws';
import { onFreePorts } from '../../../../scripts/lib/free-ports.mjs';
import { readClientFrame, writeFrame } from '../../../../src/native/frame.js';
import type { ClientMessage } from '../../../../src/native/from-client.js';
import type { ServerMessage } from '../../../../src/native/from-server.js';

type Type = ClientMessage['type'];
type Message<T extends Type> = Extract<ClientMessage, { readonly type: T }>;

/** What is answered to a message: any number of messages; a text is sent as it is. `undefined`: what a good server would say. */
type Reply = readonly ServerMessage[] | string | undefined;
type Script<T extends Type = Type> = (message: Message<T>, line: ScriptedLine) => Reply;

const LIMITS = { frame: 65_536, locks: 1000, waiters: 1000, watches: 1000, minTtl: 1000, maxTtl: 3_600_000 };

/** One connection, as the server sees it. */
export class ScriptedLine {
  /** All that the client said, in its order. */
  readonly said: ClientMessage[] = [];
  /** By frame. */
  readonly frames: ClientMessage[][] = [];
  /** Nothing is answered any more. */
  isSilent = false;

  constructor(
    private readonly server: ScriptedServer,
    readonly socket: WebSocket,
    readonly headers: Readonly<Record<string, unknown>>,
  ) {
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const messages = readClientFrame((data as Buffer).toString());
      this.frames.push(messages);
      for (const message of messages) {
        this.said.push(message);
        if (this.isSilent) continue;
        const reply = this.server.answer(message, this);
        if (typeof reply === 'string') socket.send(reply);
        else if (reply.length > 0) this.say(...reply);
      }
    });
  }

  say(...messages: readonly ServerMessage[]): void {
    this.socket.send(writeFrame(messages));
  }

  all<T extends Type>(type: T): Message<T>[] {
    return this.said.filter((message): message is Message<T> => message.type === type);
  }

  /** As a network does that breaks. */
  cut(): void {
    this.socket.terminate();
  }
}

/** A server that says what a test tells it to, and else what a good one with one client would say: everything is free. */
export class ScriptedServer {
  readonly lines: ScriptedLine[] = [];
  /** Does it know the session that a client wants to go on with? */
  resumes = true;
  /** Has it fencing tokens? */
  fencing = true;
  /** What it has granted and not had back, by ids. */
  readonly held = new Set<number>();
  news = 0;
  private token = 0;
  private secrets = 0;
  private readonly scripts = new Map<Type, Script>();

  private constructor(private readonly sockets: WebSocketServer) {
    sockets.on('connection', (socket, { headers }) => {
      this.lines.push(new ScriptedLine(this, socket, headers));
    });
  }

  /** @param tls With a certificate for `localhost`. */
  static async start(port?: number, tls?: { readonly cert: string; readonly key: string }): Promise<ScriptedServer> {
    if (port === undefined) return onFreePorts(1, (free) => ScriptedServer.start(free, tls));
    const server = tls === undefined ? undefined : createServer(tls).listen(port, '127.0.0.1');
    const sockets = new WebSocketServer(server === undefined ? { host: '127.0.0.1', port } : { server });
    await once(sockets, 'listening');
    sockets.on('close', () => server?.close());
    return new ScriptedServer(sockets);
  }

  get port(): number {
    return (this.sockets.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${String(this.port)}/`;
  }

  /** The newest connection. */
  get line(): ScriptedLine {
    const line = this.lines.at(-1);
    if (line === undefined) throw new Error('nobody has connected');
    return line;
  }

  /** What is said to messages of this type from now on. */
  on<T extends Type>(type: T, script: Script<T>): void {
    this.scripts.set(type, script as unknown as Script);
  }

  /** As usual again. */
  off(type: Type): void {
    this.scripts.delete(type);
  }

  answer(message: ClientMessage, line: ScriptedLine): readonly ServerMessage[] | string {
    const reply = this.scripts.get(message.type)?.(message, line);
    return reply ?? this.usual(message, line);
  }

  granted(id: number): ServerMessage {
    this.held.add(id);
    return { type: 'granted', id, token: ++this.token, news: ++this.news };
  }

  lost(id: number, reason: 'expired' | 'revoked' | 'gone' = 'revoked'): ServerMessage {
    this.held.delete(id);
    return { type: 'lost', id, reason, news: ++this.news };
  }

  async stop(): Promise<void> {
    for (const { socket } of this.lines) socket.terminate();
    this.sockets.close();
    await once(this.sockets, 'close');
  }

  private usual(message: ClientMessage, line: ScriptedLine): readonly ServerMessage[] {
    switch (message.type) {
      case 'hello': {
        const resumed = this.resumes && message.session !== undefined;
        if (!resumed) this.news = 0;
        const secret = `secret-${String(++this.secrets)}`;
        const id = resumed ? message.session.id : `session-${String(this.secrets)}`;
        return [
          { type: 'welcome', version: 1, session: { id, secret }, resumed, fencing: this.fencing, limits: LIMITS },
        ];
      }
      case 'acquire':
      case 'adopt':
        return [this.granted(message.id)];
      case 'status':
      case 'watch':
        return [{ type: 'status', id: message.id, status: { name: message.name, holders: 0, waiters: 0 } }];
      case 'list':
        return [{ type: 'list', id: message.id, locks: [] }];
      case 'detach':
        this.held.delete(message.lock);
        return [{ type: 'detached', id: message.id, secret: 'handed-on' }];
      case 'release':
      case 'leave':
        this.held.delete(message.lock);
        return [{ type: 'done', id: message.id }];
      case 'end':
        line.socket.close(1000);
        return [{ type: 'done', id: message.id }];
      default:
        return [{ type: 'done', id: message.id }];
    }
  }
}
