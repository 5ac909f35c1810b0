import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a client asked: the three lines of a request. */
export type Frame = readonly [command: string, key: string, arg: string];

/** What is answered: as it is, end of line included; several are chunks of their own. Nothing: no answer. */
export type Answer = string | readonly string[] | undefined;

/** A server that answers what a test tells it to, and remembers what it was asked. */
export class ScriptedServer {
  readonly frames: Frame[] = [];
  readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(answer: (frame: Frame, socket: Socket) => Answer) {
    this.server = createServer({ noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
        const lines = text.split('\n');
        for (; lines.length > 3; text = lines.join('\n')) {
          const frame = lines.splice(0, 3) as unknown as Frame;
          this.frames.push(frame);
          void say(socket, answer(frame, socket));
        }
      });
    });
  }

  /** One that answers each request by what it is. */
  static start(answer: (frame: Frame, socket: Socket) => Answer): Promise<ScriptedServer> {
    return new ScriptedServer(answer).listen();
  }

  /** One that answers a list, whatever is asked, and then nothing more. */
  static list(...answers: readonly Answer[]): Promise<ScriptedServer> {
    const rest = [...answers];
    return ScriptedServer.start(() => rest.shift());
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What it was asked, without the keys. */
  get asked(): readonly string[] {
    return this.frames.map(([command, , arg]) => `${command} ${arg}`.trim());
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }
}

async function say(socket: Socket, answer: Answer): Promise<void> {
  for (const chunk of typeof answer === 'string' ? [answer] : (answer ?? [])) {
    if (socket.writable) socket.write(chunk);
    // Each in a packet of its own.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
