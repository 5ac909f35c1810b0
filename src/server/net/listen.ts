import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import type { Front } from '../connection.js';
import { openPort } from './open-port.js';
import { SocketConnection } from './socket-connection.js';
import { sourceOf } from './source-of.js';
import { Visitors } from './visitors.js';

/** A certificate and its key, in PEM. */
export interface ServerTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Where and how to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly tls?: ServerTls | undefined;
  /** More are closed at once. Infinity: no limit, as for the others. */
  readonly maxConnections: number;
  /** Of these, from one source: see `sourceOf`. */
  readonly maxPerAddress: number;
  /** Of these, that are not welcome yet. For one more the oldest is closed. */
  readonly maxStrangers: number;
  /** After how many milliseconds of silence TCP asks whether the other side is still there; ten seconds later it is given up. */
  readonly keepAlive: number;
  /** How long a TLS handshake may take, in milliseconds. */
  readonly handshakeTimeout: number;
  /** Told of each that is closed for the sake of a limit. */
  readonly onRefused?: ((limit: 'connections' | 'connectionsPerAddress' | 'strangers') => void) | undefined;
}

/** A port on which a protocol is spoken. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Accepts nobody any more. */
  stop(): void;
  /** Shows another certificate to who comes from now on. Without TLS nothing happens. */
  renewTls(tls: ServerTls): void;
  /** Accepts nobody any more, ends the dialogues, and resolves when every connection is closed. */
  close(): Promise<void>;
}

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
