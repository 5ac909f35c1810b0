import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** So long a connection may have nothing to say between two requests. */
export const IDLE = 60_000;

/**
 * Requests that ask for another protocol than anybody speaks here, as Java's client does for HTTP/2 with each that it sends: they are answered as if
 * they had not asked.
 *
 * The parser of `node:http` ends with such a request, and what it was given beyond it would be lost. So another one goes on with that: from the
 * header, without the line that asks; or after the body, when it is answered.
 */
export class OtherProtocols {
  /** How many answers of a connection are under way. */
  private readonly answering = new WeakMap<Socket, number>();
  /** What is done when these are over: answers are in the order of requests. */
  private readonly waiting = new WeakMap<Socket, () => void>();
  /** Those that are being answered. */
  private readonly begun = new WeakSet<IncomingMessage>();

  /**
   * @param server Whose requests these are.
   * @param entrance The event with which it is given a connection.
   */
  constructor(
    private readonly server: Server,
    private readonly entrance: 'connection' | 'secureConnection',
  ) {
    // A header is read again, and without a line of it its body could be taken for a request. How long all are together is bounded.
    server.maxHeadersCount = 0;
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      this.begun.add(request);
      this.answering.set(socket, (this.answering.get(socket) ?? 0) + 1);
      response.once('close', () => {
        this.answered(socket);
      });
    });
  }

  /** Answers a request that asked for an upgrade, if that is not being done, and goes on with those after it. @param rest What came after it. */
  ignore(request: IncomingMessage, rest: Buffer): void {
    const { socket } = request;
    const bytes = this.begun.has(request) ? rest : Buffer.concat([headerOf(request), rest]);
    const readOn = (): void => {
      if (bytes.length > 0) this.read(socket, bytes);
      else this.awaitMore(socket);
    };
    if (this.answering.has(socket)) this.waiting.set(socket, readOn);
    else readOn();
  }

  private answered(socket: Socket): void {
    const count = (this.answering.get(socket) ?? 1) - 1;
    if (count > 0) {
      this.answering.set(socket, count);
      return;
    }
    this.answering.delete(socket);
    const readOn = this.waiting.get(socket);
    this.waiting.delete(socket);
    readOn?.();
  }

  private read(socket: Socket, bytes?: Buffer): void {
    // The answer before it was the last.
    if (!socket.writable) return;
    socket.setTimeout(0);
    if (bytes !== undefined) socket.unshift(bytes);
    this.server.emit(this.entrance, socket);
  }

  /** Whoever has asked for something has more time for the next request than for the first. */
  private awaitMore(socket: Socket): void {
    const giveUp = (): void => {
      socket.destroy();
    };
    socket.setTimeout(IDLE, giveUp);
    socket.once('readable', () => {
      socket.off('timeout', giveUp);
      this.read(socket);
    });
  }
}

function headerOf({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${value}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
