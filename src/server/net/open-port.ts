import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { Listener, ListenOptions } from './listener.js';

/** A port that is listened to: all of a {@link Listener} but what closes the connections. */
export interface OpenPort extends Omit<Listener, 'close'> {
  /** Resolves when, after `stop()`, every connection is closed. */
  readonly closed: Promise<void>;
}

/**
 * Has a server listen.
 *
 * @throws What the system says, such as `EADDRINUSE`.
 */
export async function openPort(
  server: Server | TlsServer,
  { host, port, maxConnections, onRefused }: ListenOptions,
): Promise<OpenPort> {
  server.on('drop', () => {
    onRefused?.('connections');
  });
  if (maxConnections !== Infinity) server.maxConnections = maxConnections;
  server.listen(port, host);
  await once(server, 'listening');
  // One connection that could not be accepted is no reason to drop the others.
  server.on('error', () => {});
  const address = server.address() as AddressInfo;
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  return {
    host: address.address,
    port: address.port,
    closed,
    stop() {
      if (server.listening) server.close();
    },
    renewTls(tls) {
      if ('setSecureContext' in server) server.setSecureContext(tls);
    },
  };
}
