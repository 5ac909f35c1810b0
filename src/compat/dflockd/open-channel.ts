import { DEFAULT_HOST, DEFAULT_PORT, resolveSettings } from '../../backends/dflockd/options.js';
import { nameOf } from '../../backends/dflockd/socket.js';
import { Channel, DEFAULT_ANSWER, DEFAULT_READ } from './channel.js';
import { open } from './open-socket.js';
import { translating } from './translate.js';
import type { ConnectOptions } from './types.js';
import { invalid, validateMilliseconds } from './validate.js';

/** What a channel of one's own may be told. */
export interface OpenOptions extends ConnectOptions {
  readonly socketTimeoutMs?: number | undefined;
  readonly readTimeoutS?: number | undefined;
}

/** @throws LockError naming the option. */
export function validateConnection(options: OpenOptions): void {
  const {
    host = DEFAULT_HOST,
    port = DEFAULT_PORT,
    auth,
    tls,
    connectTimeoutMs,
    socketTimeoutMs,
    readTimeoutS,
  } = options;
  translating(() => resolveSettings({ host, port, auth }));
  if (tls !== undefined && typeof tls !== 'boolean' && (typeof tls !== 'object' || (tls as object | null) === null)) {
    throw invalid('tls', 'tls is neither true nor options');
  }
  validateMilliseconds(connectTimeoutMs, 'connectTimeoutMs');
  validateMilliseconds(socketTimeoutMs, 'socketTimeoutMs');
  if (readTimeoutS !== undefined && !(readTimeoutS >= 1 && Number.isFinite(readTimeoutS))) {
    throw invalid('readTimeoutS', 'readTimeoutS is less than 1 or not finite');
  }
}

/** Begins to connect. The options are known to be right. */
export function openChannel(options: OpenOptions): Channel {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, tls, auth, connectTimeoutMs = 0, readTimeoutS } = options;
  const { socketTimeoutMs = 0 } = options;
  return new Channel(open({ host, port }, tls), {
    auth,
    where: nameOf({ host, port }),
    times: {
      connect: connectTimeoutMs,
      answer: socketTimeoutMs === 0 ? DEFAULT_ANSWER : socketTimeoutMs,
      read: readTimeoutS === undefined ? DEFAULT_READ : readTimeoutS * 1000,
    },
  });
}
