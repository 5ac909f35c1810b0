import type { RetryOptions } from '../../../contract/options.js';
import type { Duration } from '../../../contract/time.js';
import type { SocketClass } from '../wire/socket-class.js';

/** Options of {@link socket}. */
export interface SocketOptions {
  /** Where the server is: `ws://host:port`, or `wss://` for TLS. `'ws://127.0.0.1:7956'` by default. It holds no credentials. */
  readonly url?: string | undefined;
  /**
   * The token that the server knows us by, or a function that gives it, called for each connection. It is said in the first
   * message, and is in no URL. None by default.
   */
  readonly token?: string | (() => string) | undefined;
  /**
   * How long a connection may take to open, and an answer to come, but for a wait in a queue. `'5s'` by default, at least
   * 10 ms. While locks are held or waited for, a connection is given up sooner: in time for a new one before the first of them ends.
   */
  readonly timeout?: Duration | undefined;
  /**
   * `false` for a server that has no fencing tokens, as it keeps nothing on disk (`rxlock serve --ephemeral`): then no lease has one. `true` by
   * default: a server without them is refused (`LockConfigError`).
   */
  readonly fencing?: boolean | undefined;
  /** How long after a lost connection, or one that did not open, the next is tried. `{ initial: '50ms', max: '5s', factor: 2, jitter: 'full' }` by default. */
  readonly reconnect?: Omit<RetryOptions, 'count'> | undefined;
  /** Subprotocols that are offered besides rxlock's own, for a gateway in between that wants one. None by default. */
  readonly protocols?: readonly string[] | undefined;
  /**
   * The class that makes the connections, in place of the platform's: that of `ws` on Node, a browser's own in a browser.
   * It gets no `headers`, no `origin` and no `ca`.
   */
  readonly WebSocket?: SocketClass | undefined;
  /** Headers of the request that opens a connection. Node only; none by default. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The `Origin` of that request: what a browser says by itself. Node only; none by default. */
  readonly origin?: string | undefined;
  /** Certificates in PEM that are trusted in place of the well-known ones, for `wss:`. Node only. */
  readonly ca?: string | readonly string[] | undefined;
}

/** Of {@link SocketOptions.url}. */
export const DEFAULT_URL = 'ws://127.0.0.1:7956';
/** Of {@link SocketOptions.timeout}. */
export const DEFAULT_TIMEOUT = '5s';
