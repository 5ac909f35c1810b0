import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { openSocket, type Address } from '../../../backends/dflockd/wire/socket.js';
import { LockValidationError } from '../../../contract/errors.js';
import { LockError } from '../document/errors.js';

/** Begins to connect, with all that Node's own options of TLS can say. */
export function openNodeSocket(address: Address, tls: boolean | ConnectionOptions | undefined): Socket {
  if (tls === undefined || tls === false) return openSocket(address, undefined).socket;
  if (tls === true) return openSocket(address, {}).socket;
  const { host, port } = address;
  const named = isIP(host) === 0 ? { servername: host } : {};
  const socket = connecting({ minVersion: 'TLSv1.2', ...named, ...tls, host, port });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 10_000);
  return socket;
}

/** @throws LockError for options that make no secure connection. */
function connecting(options: ConnectionOptions): Socket {
  try {
    return connectTls(options);
  } catch (error) {
    const message = 'tls has options that make no secure connection';
    throw new LockError(message, { root: new LockValidationError(message, { option: 'tls' }), cause: error });
  }
}
