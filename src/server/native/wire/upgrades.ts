import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { SUBPROTOCOL, tokenOf } from '../../../native/protocol.js';
import type { Origins } from '../../net/origins.js';
import { sourceOf } from '../../net/source-of.js';
import { WebSocketConnection } from './web-socket-connection.js';

/** Whom to let in. */
export interface UpgradeOptions {
  /** Bytes of a message of a client. */
  readonly maxFrame: number;
  /** Of web pages that may connect. */
  readonly origins: Origins;
}

/** What is asked about a client, and told of it. */
export interface UpgradeDoor {
  /** Why nobody is let in at the moment: the status of an answer. */
  readonly refusal: number | undefined;
  /**
   * Looks at a token, when its turn has come.
   *
   * @returns Takes it back.
   */
  look(source: string, token: string, answer: (isRight: boolean) => void): () => void;
  /** @param token The one that was looked at, if any was. */
  open(connection: WebSocketConnection, token: string | undefined): void;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  503: 'Service Unavailable',
};
const PATHS: ReadonlySet<string> = new Set(['/', '/v1']);

/** Makes WebSockets of connections whose clients ask for one, if they may have it. */
export class Upgrades {
  private readonly server: WebSocketServer;

  constructor(
    private readonly options: UpgradeOptions,
    private readonly door: UpgradeDoor,
  ) {
    this.server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maxFrame === Infinity ? 0 : options.maxFrame,
      // A token is never repeated.
      handleProtocols: (protocols) => (protocols.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer, welcome: () => void): void {
    socket.on('error', ignore);
    const protocols = protocolsOf(request);
    const status = this.door.refusal ?? this.problemOf(request, protocols);
    const token = tokenOf(protocols);
    const { remoteAddress = '' } = socket as Partial<Socket>;
    const source = sourceOf(remoteAddress);
    const accept = (): void => {
      this.server.handleUpgrade(request, socket, head, (opened) => {
        socket.off('error', ignore);
        this.door.open(new WebSocketConnection(opened, source, welcome), token);
      });
    };
    if (status !== undefined) refuse(socket, status);
    else if (token === undefined) accept();
    else this.look(socket, source, token, accept);
  }

  close(): void {
    this.server.close();
  }

  private look(socket: Duplex, source: string, token: string, accept: () => void): void {
    const takeBack = this.door.look(source, token, (isRight) => {
      socket.off('close', leave);
      if (isRight) accept();
      else refuse(socket, 401);
    });
    function leave(): void {
      takeBack();
    }
    socket.once('close', leave);
  }

  private problemOf(
    { url = '', headers: { origin, host } }: IncomingMessage,
    protocols: readonly string[],
  ): number | undefined {
    if (!PATHS.has(url.replace(/\?.*$/, ''))) return 404;
    // A page always says its own here.
    if (origin !== undefined && !this.options.origins.allows(origin, host)) return 403;
    if (protocols.length > 0 && !protocols.includes(SUBPROTOCOL)) return 400;
    return undefined;
  }
}

function protocolsOf({ headers }: IncomingMessage): string[] {
  const offered = headers['sec-websocket-protocol'] ?? '';
  return offered
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** Says so in HTTP, and closes. */
function refuse(socket: Duplex, status: number): void {
  socket.once('finish', () => {
    socket.destroy();
  });
  socket.end(`HTTP/1.1 ${String(status)} ${REASONS[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function ignore(): void {
  // A reset: 'close' follows.
}
