import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Timeouts } from '../../values/timeouts.js';
import { Ringer } from '../ringer.js';
import { AskingRequest } from './asking-request.js';
import type { HttpFront } from './http-front.js';
import type { Listener, ListenOptions } from './listener.js';
import { OpenAnswers } from './open-answers.js';
import { openPort } from './open-port.js';
import { IDLE, OtherProtocols } from './other-protocols.js';
import { Visitors } from './visitors.js';

/** Where and how to listen for HTTP. Times are milliseconds. */
export interface HttpListenOptions extends ListenOptions {
  /** How long a client may take for the header of a request, and before its first. */
  readonly headerTime: number;
  /** How long for a whole request. */
  readonly requestTime: number;
  /** Is it known from the beginning who a client is, as nobody is asked? */
  readonly isOpen: boolean;
}

/** So often it is looked whether a client takes too long. */
const CHECK = 1000;
/** So long what was told when it closed may take to be taken. */
const LINGER = 2000;
const MAX_HEADER = 16 * 1024;

/**
 * Speaks HTTP on a TCP port, or HTTPS.
 *
 * @throws What the system says, such as `EADDRINUSE`.
 */
export async function listenHttp(front: HttpFront, options: HttpListenOptions, timeouts: Timeouts): Promise<Listener> {
  const { isOpen } = options;
  const visitors = new Visitors(options);
  const server = createFor(options);
  const others = new OtherProtocols(server, options.tls === undefined ? 'connection' : 'secureConnection');
  server.prependListener('connection', (socket: Socket) => {
    // One that asked for another protocol.
    if (visitors.all.has(socket)) return;
    if (visitors.admit(socket) && isOpen) visitors.welcome(socket.remoteAddress ?? '', socket.remotePort);
  });
  const welcomeOf = ({ socket }: IncomingMessage): (() => void) => {
    const { remoteAddress = '', remotePort } = socket;
    return () => {
      visitors.welcome(remoteAddress, remotePort);
    };
  };
  const muted = new WeakSet<Duplex>();
  const answers = new OpenAnswers();
  server.on('request', (request, response) => {
    if (!answers.add(request, response)) return;
    if (front.request === undefined) response.writeHead(404).end();
    else front.request(request, response, welcomeOf(request));
  });
  server.on('upgrade', (request: AskingRequest, socket: Duplex, head: Buffer) => {
    // Nobody listens to it any more but whoever takes it.
    if (!muted.has(socket)) socket.on('error', () => {});
    muted.add(socket);
    if (front.upgrade === undefined || !request.isForWebSocket) others.ignore(request, head);
    else front.upgrade(request, socket, head, welcomeOf(request));
  });
  const { closed, ...port } = await openPort(server, options);
  const cut = new Ringer(() => {
    for (const socket of visitors.all) socket.destroy();
  });
  return {
    ...port,
    async close() {
      port.stop();
      timeouts.set(cut, timeouts.now() + LINGER);
      await front.close();
      // Who is told nothing any more is not waited for.
      if (answers.isEmpty) for (const socket of visitors.all) socket.destroySoon();
      await closed;
      timeouts.clear(cut);
    },
  };
}

function createFor({
  tls,
  keepAlive,
  handshakeTimeout,
  headerTime,
  requestTime,
}: HttpListenOptions): Server | TlsServer {
  const shared: ServerOptions<typeof AskingRequest> = {
    IncomingMessage: AskingRequest,
    headersTimeout: headerTime,
    requestTimeout: requestTime,
    connectionsCheckingInterval: CHECK,
    keepAliveTimeout: IDLE,
    maxHeaderSize: MAX_HEADER,
    keepAlive: true,
    keepAliveInitialDelay: keepAlive,
    noDelay: true,
  };
  if (tls === undefined) return createServer(shared);
  return createTlsServer({ ...shared, ...tls, minVersion: 'TLSv1.2', handshakeTimeout });
}
