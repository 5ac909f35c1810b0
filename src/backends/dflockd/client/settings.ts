import { isIP } from 'node:net';
import { parseDuration } from '../../../values/duration.js';
import { LockConfigError } from '../../../contract/errors.js';
import { utf8Length } from '../../../values/utf8-length.js';
import { refuseUnknown } from '../../../values/refuse-unknown.js';
import type { Duration } from '../../../contract/time.js';
import {
  DEFAULT_CONNECT_TIMEOUT,
  DEFAULT_HOST,
  DEFAULT_PORT,
  DEFAULT_READ_TIMEOUT,
  DEFAULT_SEMAPHORE_PREFIX,
  DEFAULT_TIMEOUT,
  type DflockdOptions,
  type DflockdServerAddress,
  type DflockdTlsOptions,
} from './options.js';
import type { Address, TlsSettings } from '../wire/socket.js';
import { checkKey, MAX_TEXT } from '../wire/text.js';
import type { Times } from '../wire/times.js';
import { invalid } from '../../../values/invalid.js';

const MIN_READ_TIMEOUT = 1000;
const MIN_TIMEOUT = 10;
const MAX_PREFIX = 64;
const NAME = /^[\p{L}\p{N}._-]+$/u;
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
    throw new LockConfigError('servers was given together with host or port: give either', { option: 'servers' });
  }
  if (!Array.isArray(servers) || servers.length === 0) throw invalid('servers', 'is not a list of servers');
  return servers.map((server: string | DflockdServerAddress, index) =>
    resolveServer(server, `servers[${String(index)}]`),
  );
}

function resolveServer(server: string | DflockdServerAddress, option: string): Address {
  if (typeof server !== 'string') {
    if (Array.isArray(server)) throw invalid(option, "is a list; write 'host:port' or { host, port }");
    refuseUnknown(server, SERVER_OPTIONS, `${option}.`);
    return checkAddress(server.host, server.port ?? DEFAULT_PORT, `${option}.`);
  }
  const [, literal, name, port] = WITH_PORT.exec(server) ?? [];
  const host = literal ?? name;
  if (host === undefined) throw invalid(option, "is not of the form 'host:port'");
  return checkAddress(host, port === undefined ? DEFAULT_PORT : Number(port), `${option}.`);
}

function checkAddress(host: string, port: number, prefix: string): Address {
  if (!isHost(host)) {
    const hint = typeof host === 'string' && WITH_PORT.test(host) ? '; a port is an option of its own' : '';
    throw invalid(`${prefix}host`, `is neither a name nor an address${hint}`);
  }
  if (typeof port !== 'number') throw invalid(`${prefix}port`, `is not a number, but a ${typeof port}`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid(`${prefix}port`, 'is not from 1 to 65535');
  return { host, port };
}

function isHost(host: unknown): boolean {
  return typeof host === 'string' && (NAME.test(host) || isIP(host) !== 0);
}

function resolveAuth(auth: DflockdOptions['auth']): (() => string) | undefined {
  if (auth === undefined) return undefined;
  if (typeof auth === 'function') return () => checkAuth(auth());
  const token = checkAuth(auth);
  return () => token;
}

/** What was given is not repeated. */
function checkAuth(token: string): string {
  if (typeof token !== 'string' || token === '') throw invalid('auth', 'is empty or not a string');
  if (UNSENDABLE.test(token)) throw invalid('auth', 'has a control character or an unpaired surrogate');
  // The server does so with what it is sent, and would not know it.
  if (token !== token.trim()) throw invalid('auth', 'begins or ends with white space');
  if (utf8Length(token) > MAX_TEXT) throw invalid('auth', `is longer than ${String(MAX_TEXT)} bytes`);
  return token;
}

function resolveTls(tls: boolean | DflockdTlsOptions): TlsSettings | undefined {
  if (typeof tls === 'boolean') return tls ? {} : undefined;
  refuseUnknown(tls, TLS_OPTIONS, 'tls.');
  const { ca, serverName } = tls;
  if (serverName !== undefined && !isHost(serverName)) throw invalid('tls.serverName', 'is not the name of a host');
  return { ca, serverName };
}

function resolveTime(duration: Duration, option: string, min: number): number {
  const time = parseDuration(duration, option);
  if (time < min) throw invalid(option, `${String(time)} ms is less than ${String(min)} ms`);
  return time;
}
