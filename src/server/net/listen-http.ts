import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Timeouts } from '../../values/timeouts.js';
import { Ringer } from '../ringer.js';
import type { HttpFront } from './http-front.js';
import type { Listener, ListenOptions } from './listener.js';
import { openPort } from './open-port.js';
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

/** So long a connection may have nothing to say between two requests. */
const IDLE = 60_000;
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
  server.prependListener('connection', (socket: Socket) => {
    if (visitors.admit(socket) && isOpen) visitors.welcome(socket.remoteAddress ?? '', socket.remotePort);
  });
  const welcomeOf = ({ socket }: IncomingMessage): (() => void) => {
    const { remoteAddress = '', remotePort } = socket;
    return () => {
      visitors.welcome(remoteAddress, remotePort);
    };
  };
  let answering = 0;
  server.on('request', (request, response) => {
    answering++;
    response.once('close', () => answering--);
    if (front.request === undefined) response.writeHead(404).end();
    else front.request(request, response, welcomeOf(request));
  });
  server.on('upgrade', (request: IncomingMessage, socket, head) => {
    // Nobody listens to it any more but whoever takes it.
    socket.on('error', () => {});
    if (front.upgrade === undefined) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
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
      if (answering === 0) for (const socket of visitors.all) socket.destroySoon();
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
  const shared: ServerOptions = {
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
