import { listen } from '../net/listen.js';
import { ServerCore } from '../server-core.js';
import { DflockdFront } from './dflockd-front.js';
import { checkOptions, type DflockdServerOptions } from './options.js';

/** A running server. */
export interface DflockdServer {
  readonly host: string;
  readonly port: number;
  /** How many connections there are. */
  readonly connections: number;
  /** Accepts nobody any more, refuses who waits, closes every connection, and resolves when that is done. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a server that speaks the dflockd protocol: locks and semaphores with FIFO queues, tied to the connection that
 * took them, and signals.
 *
 * @param options `host` (`'127.0.0.1'`), `port` (6388; 0 for a free one), `auth`, `tls`, `defaultLease` (`'33s'`),
 * `readTimeout` (`'23s'`), `writeTimeout` (`'5s'`), `maxLocks` (1024), `maxConnections` (10,000) and others: see {@link DflockdServerOptions}.
 * @returns It, once it listens.
 * @throws LockValidationError for a bad option; what the system says if it cannot listen.
 */
export async function dflockdServer(options: DflockdServerOptions = {}): Promise<DflockdServer> {
  const settings = checkOptions(options);
  const core = new ServerCore(options, options.table, settings.maxBuffered);
  const front = new DflockdFront(core, settings.front);
  const listener = await listen(front, settings.listen);
  const close = (): Promise<void> =>
    listener.close().finally(() => {
      core.end();
    });
  return {
    host: listener.host,
    port: listener.port,
    get connections() {
      return front.connections;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
