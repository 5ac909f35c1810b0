import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { nameOf } from '../../../backends/dflockd/wire/socket.js';

/** Where a socket leads, for messages. */
export function placeOf({ remoteAddress: host, remotePort: port }: Socket): string {
  return host === undefined || port === undefined ? 'the end of the socket' : nameOf({ host, port });
}

/** What a socket says once it can be used; undefined if it can be already. */
export function opensWith(socket: Socket): 'connect' | 'secureConnect' | undefined {
  if (socket instanceof TLSSocket) {
    // Whoever is given a finished one cannot ask it, but it knows its cipher by then.
    return socket.connecting || socket.getProtocol() === null ? 'secureConnect' : undefined;
  }
  return socket.connecting ? 'connect' : undefined;
}
