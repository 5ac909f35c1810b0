import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Front } from '../connection.js';
import type { Listener, ListenOptions } from './listener.js';
import { openPort } from './open-port.js';
import { SocketConnection } from './socket-connection.js';
import { sourceOf } from './source-of.js';
import { Visitors } from './visitors.js';

/**
 * Speaks a protocol on a TCP port.
 *
 * @throws What the system says, such as `EADDRINUSE`.
 */
export async function listen(front: Front, options: ListenOptions): Promise<Listener> {
  const { keepAlive } = options;
  const visitors = new Visitors(options);
  const server = createFor(options, (socket) => {
    // One too many from where he is.
    if (socket.destroyed) return;
    const { remoteAddress = '', remotePort } = socket;
    new SocketConnection(socket, front, sourceOf(remoteAddress), () => {
      visitors.welcome(remoteAddress, remotePort);
    });
  });
  // Before anything is said, for that may make him welcome at once; also those whose TLS handshake never ends.
  server.prependListener('connection', (socket: Socket) => {
    if (visitors.admit(socket)) socket.setKeepAlive(true, keepAlive);
  });
  const { closed, ...port } = await openPort(server, options);
  let isClosing = false;
  return {
    ...port,
    async close() {
      port.stop();
      if (!isClosing) {
        isClosing = true;
        front.close();
        for (const socket of visitors.all) socket.destroySoon();
      }
      await closed;
    },
  };
}

function createFor({ tls, handshakeTimeout }: ListenOptions, accept: (socket: Socket) => void): Server | TlsServer {
  const shared = { allowHalfOpen: true, noDelay: true };
  if (tls === undefined) return createServer(shared, accept);
  const server = createTlsServer({ ...shared, ...tls, minVersion: 'TLSv1.2', handshakeTimeout }, accept);
  return server.on('tlsClientError', (_error, socket) => {
    socket.destroy();
  });
}
