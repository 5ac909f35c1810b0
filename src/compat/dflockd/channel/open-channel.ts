import { defer, finalize, from, type Observable } from 'rxjs';
import { STATS_LINE } from '../../../backends/dflockd/wire/commands.js';
import { MAX_LONG_LINE } from '../../../backends/dflockd/wire/line-reader.js';
import { DEFAULT_HOST, DEFAULT_PORT } from '../../../backends/dflockd/client/options.js';
import { resolveSettings } from '../../../backends/dflockd/client/settings.js';
import { nameOf } from '../../../backends/dflockd/wire/socket.js';
import { LockClosedError } from '../../../contract/errors.js';
import { Channel } from './channel.js';
import { DEFAULT_TIMES } from './default-times.js';
import { openNodeSocket } from './open-node-socket.js';
import { translating } from '../document/translate.js';
import type { ConnectOptions } from '../document/types.js';
import { invalid, validateMilliseconds } from '../document/validate.js';

/** Of `readTimeoutS`: a day. */
const MAX_READ = 86_400;

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
  if (readTimeoutS === undefined || (Number.isFinite(readTimeoutS) && readTimeoutS >= 1 && readTimeoutS <= MAX_READ))
    return;
  throw invalid('readTimeoutS', `readTimeoutS is not from 1 to ${String(MAX_READ)}`);
}

/** Begins to connect. The options are known to be right. */
export function openChannel(options: OpenOptions): Channel {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT, tls, auth } = options;
  const { connectTimeoutMs = DEFAULT_TIMES.connect, socketTimeoutMs = 0, readTimeoutS } = options;
  return new Channel(openNodeSocket({ host, port }, tls), {
    auth,
    where: nameOf({ host, port }),
    times: {
      connect: connectTimeoutMs,
      answer: socketTimeoutMs === 0 ? DEFAULT_TIMES.answer : socketTimeoutMs,
      read: readTimeoutS === undefined ? DEFAULT_TIMES.read : readTimeoutS * 1000,
    },
    probe$: socketTimeoutMs === 0 ? undefined : probe(options, socketTimeoutMs),
  });
}

/**
 * Asks a server whether it is there, on a connection that lives no longer than whoever wants to know.
 *
 * @param patience How long he waits for it: by itself it takes longer. Milliseconds.
 */
function probe(options: OpenOptions, patience: number): Observable<unknown> {
  return defer(() => {
    const channel = openChannel({ ...options, connectTimeoutMs: 0, socketTimeoutMs: 2 * patience });
    return from(channel.ask({ text: STATS_LINE, longest: MAX_LONG_LINE, read: (line) => line })).pipe(
      finalize(() => {
        channel.close(new LockClosedError('it was seen whether the server is there'));
      }),
    );
  });
}
