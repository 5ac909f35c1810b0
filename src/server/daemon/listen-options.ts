import type { FrontKit } from '../front-kit.js';
import type { ListenOptions } from '../net/listener.js';
import type { Endpoint } from './address.js';
import type { TlsPem } from './options.js';

/** Of all connections of a port: the rest is for those who have said who they are. */
const STRANGERS = 1 / 2;
/** After so much silence TCP asks whether a client is still there. Milliseconds. */
const KEEP_ALIVE = 5000;

/** How a port is listened to, whatever is spoken there. */
export function listenOptions(
  { host, port }: Endpoint,
  { limits, log }: Pick<FrontKit, 'limits' | 'log'>,
  tls: TlsPem | undefined,
): ListenOptions {
  const { connections, connectionsPerAddress, handshakeTime } = limits;
  return {
    host,
    port,
    tls,
    maxConnections: connections,
    maxPerAddress: connectionsPerAddress,
    maxStrangers: connections === Infinity ? Infinity : Math.max(1, Math.ceil(connections * STRANGERS)),
    keepAlive: KEEP_ALIVE,
    handshakeTimeout: handshakeTime,
    onRefused: (limit) => {
      log.say('warn', 'connection refused', { limit });
    },
  };
}
