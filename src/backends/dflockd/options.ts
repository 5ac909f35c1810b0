import { parseDuration } from '../../duration.js';
import { LockConfigError, LockValidationError } from '../../errors.js';
import { utf8Length } from '../../name.js';
import { refuseUnknown } from '../../refuse-unknown.js';
import type { Duration } from '../../types.js';
import type { Times } from './connection.js';
import type { Address, TlsSettings } from './socket.js';
import { checkKey, MAX_TEXT } from './text.js';

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

const MIN_READ_TIMEOUT = 1000;
const MIN_TIMEOUT = 10;
const MAX_PREFIX = 64;
const HOST = /^(?:[\p{L}\p{N}._-]+|[\da-f:.]+(?:%[\w.-]+)?)$/iu;
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/;
const UNSENDABLE = /[\p{Cc}\p{Surrogate}]/u;
const OPTIONS: ReadonlySet<string> = new Set([
  'host',
  'port',
  'servers',
  'auth',
  'tls',
  'readTimeout',
  'connectTimeout',
  'timeout',
  'semaphorePrefix',
]);
const SERVER_OPTIONS: ReadonlySet<string> = new Set(['host', 'port']);
const TLS_OPTIONS: ReadonlySet<string> = new Set(['ca', 'serverName']);

/** {@link DflockdOptions} after validation. */
export interface Settings {
  readonly servers: readonly Address[];
  /** Gives a secret. Throws `LockValidationError` if it is none that could be sent. */
  readonly auth: (() => string) | undefined;
  readonly tls: TlsSettings | undefined;
  readonly times: Times;
  readonly semaphorePrefix: string;
}

/** @throws LockConfigError, LockValidationError naming the option. */
export function resolveSettings(options: DflockdOptions): Settings {
  refuseUnknown(options, OPTIONS);
  const { semaphorePrefix = DEFAULT_SEMAPHORE_PREFIX, tls = false } = options;
  if (semaphorePrefix !== '') checkKey(semaphorePrefix, 'semaphorePrefix', MAX_PREFIX);
  return {
    servers: resolveServers(options),
    auth: resolveAuth(options.auth),
    tls: resolveTls(tls),
    times: {
      connect: resolveTime(options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT, 'connectTimeout', MIN_TIMEOUT),
      answer: resolveTime(options.timeout ?? DEFAULT_TIMEOUT, 'timeout', MIN_TIMEOUT),
      read: resolveTime(options.readTimeout ?? DEFAULT_READ_TIMEOUT, 'readTimeout', MIN_READ_TIMEOUT),
    },
    semaphorePrefix,
  };
}

function resolveServers({ host, port, servers }: DflockdOptions): readonly Address[] {
  if (servers === undefined) return [checkAddress(host ?? DEFAULT_HOST, port ?? DEFAULT_PORT, '')];
  if (host !== undefined || port !== undefined) {
    throw new LockConfigError('servers is given, and host or port as well', { option: 'servers' });
  }
  if (!Array.isArray(servers) || servers.length === 0) throw invalid('servers', 'is not a list of servers');
  return servers.map((server: string | DflockdServerAddress, index) =>
    resolveServer(server, `servers[${String(index)}]`),
  );
}

function resolveServer(server: string | DflockdServerAddress, option: string): Address {
  if (typeof server !== 'string') {
    refuseUnknown(server, SERVER_OPTIONS, `${option}.`);
    return checkAddress(server.host, server.port ?? DEFAULT_PORT, `${option}.`);
  }
  const [, literal, name, port] = WITH_PORT.exec(server) ?? [];
  const host = literal ?? name;
  if (host === undefined) throw invalid(option, "is not of the form 'host:port'");
  return checkAddress(host, port === undefined ? DEFAULT_PORT : Number(port), `${option}.`);
}

function checkAddress(host: string, port: number, prefix: string): Address {
  if (typeof host !== 'string' || !HOST.test(host)) throw invalid(`${prefix}host`, 'is neither a name nor an address');
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid(`${prefix}port`, 'is not from 1 to 65535');
  return { host, port };
}

function resolveAuth(auth: DflockdOptions['auth']): (() => string) | undefined {
  if (auth === undefined) return undefined;
  if (typeof auth === 'function') return () => checkAuth(auth());
  const token = checkAuth(auth);
  return () => token;
}

/** What was given is not repeated. */
function checkAuth(token: string): string {
  if (typeof token !== 'string' || token === '') throw invalid('auth', 'is no token');
  if (UNSENDABLE.test(token)) throw invalid('auth', 'has a control character, or half a character');
  // The server does so with what it is sent, and would not know it.
  if (token !== token.trim()) throw invalid('auth', 'begins or ends with white space');
  if (utf8Length(token) > MAX_TEXT) throw invalid('auth', `is longer than ${String(MAX_TEXT)} bytes`);
  return token;
}

function resolveTls(tls: boolean | DflockdTlsOptions): TlsSettings | undefined {
  if (typeof tls === 'boolean') return tls ? {} : undefined;
  refuseUnknown(tls, TLS_OPTIONS, 'tls.');
  const { ca, serverName } = tls;
  if (serverName !== undefined && (typeof serverName !== 'string' || !HOST.test(serverName))) {
    throw invalid('tls.serverName', 'is no name of a host');
  }
  return { ca, serverName };
}

function resolveTime(duration: Duration, option: string, min: number): number {
  const time = parseDuration(duration, option);
  if (time < min) throw invalid(option, `${String(time)} ms is less than ${String(min)} ms`);
  return time;
}

function invalid(option: string, why: string): LockValidationError {
  return new LockValidationError(`${option} ${why}`, { option });
}
