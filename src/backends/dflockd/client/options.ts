import type { Duration } from '../../../contract/time.js';
import type { TlsSettings } from '../wire/socket.js';

/** Where one of several servers is. */
export interface DflockdServerAddress {
  readonly host: string;
  /** 6388 by default. */
  readonly port?: number | undefined;
}

/** How the connection is secured. */
export interface DflockdTlsOptions {
  /** Certificates in PEM that are trusted in place of the well-known ones. */
  readonly ca?: TlsSettings['ca'];
  /** The name that the server's certificate is for. The host by default. */
  readonly serverName?: string | undefined;
}

/** Options of {@link dflockd}. */
export interface DflockdOptions {
  /** Where the server is. `'127.0.0.1'` by default. */
  readonly host?: string | undefined;
  /** 6388 by default. */
  readonly port?: number | undefined;
  /**
   * Several servers in place of one, each `'host:port'` or `{ host, port }`: each lock belongs to one of them, by its name
   * and by their order, which must be the same for every client.
   */
  readonly servers?: readonly (string | DflockdServerAddress)[] | undefined;
  /** The server's auth token, or a function that gives it, called for each connection. None by default. */
  readonly auth?: string | (() => string) | undefined;
  /** TLS, 1.2 or newer: `true`, or what to trust. Without it the token and all else can be read on the way. `false` by default. */
  readonly tls?: boolean | DflockdTlsOptions | undefined;
  /**
   * The server's `--read-timeout`: it closes a connection that says nothing for so long, and frees its locks. What is held
   * is kept alive well within it, and believed in no longer without an answer. `'23s'` by default; at least 1 s.
   */
  readonly readTimeout?: Duration | undefined;
  /** How long a connection may take to open. `'5s'` by default. */
  readonly connectTimeout?: Duration | undefined;
  /** How long an answer may take, but for a wait in a queue. `'5s'` by default. */
  readonly timeout?: Duration | undefined;
  /**
   * Put before the name of a semaphore, as locks and semaphores share their keys on the server; no lock's name may begin
   * with it. `'semaphore:'` by default. Empty: semaphores have the keys that other clients use, and no lock may have the
   * name of one.
   */
  readonly semaphorePrefix?: string | undefined;
}

/** Of {@link DflockdOptions.host}. */
export const DEFAULT_HOST = '127.0.0.1';
/** Of {@link DflockdOptions.port}. */
export const DEFAULT_PORT = 6388;
/** Of {@link DflockdOptions.readTimeout}. */
export const DEFAULT_READ_TIMEOUT = '23s';
/** Of {@link DflockdOptions.connectTimeout}. */
export const DEFAULT_CONNECT_TIMEOUT = '5s';
/** Of {@link DflockdOptions.timeout}. */
export const DEFAULT_TIMEOUT = '5s';
/** Of {@link DflockdOptions.semaphorePrefix}. */
export const DEFAULT_SEMAPHORE_PREFIX = 'semaphore:';
