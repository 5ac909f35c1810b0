import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** Where one server is. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How a server proves who it is. */
export interface TlsSettings {
  /** Certificates in PEM that are trusted in place of the well-known ones. */
  readonly ca?: ConnectionOptions['ca'];
  /** The name that the server's certificate is for. */
  readonly serverName?: string | undefined;
}

/** After so long a silence the system asks whether the other side is still there. Milliseconds. */
const PROBE = 10_000;

/** A socket, and what it says once it can be used. */
export interface OpeningSocket {
  readonly socket: Socket;
  readonly opens: 'connect' | 'secureConnect';
}

/** Begins to connect. */
export function openSocket({ host, port }: Address, tls: TlsSettings | undefined): OpeningSocket {
  const socket = tls === undefined ? connect({ host, port }) : connectTls(tlsOptions(host, port, tls));
  // What is sent is whole requests: none is to wait for more.
  socket.setNoDelay(true);
  // The only way to notice that a server is gone while its queue is waited in.
  socket.setKeepAlive(true, PROBE);
  return { socket, opens: tls === undefined ? 'connect' : 'secureConnect' };
}

function tlsOptions(host: string, port: number, { ca, serverName }: TlsSettings): ConnectionOptions {
  const servername = serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    host,
    port,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/** `host:port`, for messages. */
export function nameOf({ host, port }: Address): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${String(port)}`;
}
