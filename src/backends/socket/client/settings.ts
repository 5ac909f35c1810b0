import { SUBPROTOCOL } from '../../../native/protocol.js';
import { parseDuration } from '../../../values/duration.js';
import { invalid } from '../../../values/invalid.js';
import { refuseUnknown } from '../../../values/refuse-unknown.js';
import { resolveRetry, type RetryPolicy } from '../../../values/retry-policy.js';
import type { SocketClass } from '../wire/socket-class.js';
import { DEFAULT_TIMEOUT, DEFAULT_URL, type SocketOptions } from './options.js';

const MIN_TIMEOUT = 10;
/** A timer of a longer time would ring at once. */
const MAX_TIMEOUT = 3_600_000;
/** Of a token, in UTF-16 units: the server takes no longer message before it knows who speaks. */
const MAX_TOKEN = 4096;
/** What no message can hold, and no name. */
const CONTROL = /[\p{Cc}\p{Surrogate}]/u;
/** What a header of a request can hold. */
const HEADER_TEXT = /^[ -~\u0080-\u00ff]*$/;
/** What a subprotocol's name is made of. */
const PROTOCOL = /^[!#$%&'*+.^_`|~\w-]+$/;
const HEADER = PROTOCOL;
const OPTIONS: ReadonlySet<string> = new Set([
  'url',
  'token',
  'timeout',
  'fencing',
  'reconnect',
  'protocols',
  'WebSocket',
  'headers',
  'origin',
  'ca',
]);

/** {@link SocketOptions} after validation. */
export interface Settings {
  readonly url: string;
  /** For messages: `host:port`. */
  readonly where: string;
  /** Gives a secret. Throws `LockValidationError` if it is none that could be sent. */
  readonly token: (() => string) | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly fencing: boolean;
  readonly reconnect: RetryPolicy;
  readonly protocols: readonly string[];
  readonly WebSocket: SocketClass | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly origin: string | undefined;
  readonly ca: string | readonly string[] | undefined;
}

/** @throws LockValidationError naming the option. */
export function resolveSettings(options: SocketOptions): Settings {
  refuseUnknown(options, OPTIONS);
  const { fencing = true, url: text = DEFAULT_URL, timeout = DEFAULT_TIMEOUT } = options;
  if (typeof fencing !== 'boolean') throw invalid('fencing', 'is neither true nor false');
  const { url, where } = resolveUrl(text);
  return {
    url,
    where,
    token: resolveToken(options.token),
    fencing,
    timeout: resolveTimeout(timeout),
    reconnect: resolveReconnect(options.reconnect),
    protocols: resolveProtocols(options.protocols),
    WebSocket: resolveClass(options),
    headers: resolveHeaders(options.headers),
    origin: resolveOrigin(options.origin),
    ca: resolveCa(options.ca, url),
  };
}

const LIKE = "write 'ws://host:port', or 'wss://host' with TLS";

/** It is never shown: it may hold a password all the same. */
function resolveUrl(text: string): { readonly url: string; readonly where: string } {
  if (typeof text !== 'string' || !URL.canParse(text)) throw invalid('url', `is not a URL: ${LIKE}`);
  const { protocol, host, pathname, username, password, search, hash } = new URL(text);
  if (protocol !== 'ws:' && protocol !== 'wss:') throw invalid('url', `does not begin with ws:// or wss://: ${LIKE}`);
  if (username !== '' || password !== '') throw invalid('url', 'contains credentials; there is an option token');
  // What is in them might be meant for one.
  if (search !== '' || hash !== '') throw invalid('url', 'has a query or a fragment');
  return { url: `${protocol}//${host}${pathname}`, where: host };
}

function resolveToken(token: SocketOptions['token']): (() => string) | undefined {
  if (token === undefined) return undefined;
  if (typeof token === 'function') return () => checkToken(token());
  const checked = checkToken(token);
  return () => checked;
}

/** What was given is not repeated. */
function checkToken(token: string): string {
  if (typeof token !== 'string' || token === '') throw invalid('token', 'is empty or not a string');
  if (CONTROL.test(token)) throw invalid('token', 'has a control character or an unpaired surrogate');
  if (token.length > MAX_TOKEN) throw invalid('token', `is longer than ${String(MAX_TOKEN)} characters`);
  return token;
}

function resolveTimeout(duration: string | number): number {
  const time = parseDuration(duration, 'timeout');
  if (time < MIN_TIMEOUT) throw invalid('timeout', `${String(time)} ms is less than ${String(MIN_TIMEOUT)} ms`);
  if (time > MAX_TIMEOUT) throw invalid('timeout', `${String(time)} ms is more than 1 h`);
  return time;
}

function resolveReconnect(options: SocketOptions['reconnect'] = {}): RetryPolicy {
  // It never gives up: who asks meanwhile is told, and does so by himself.
  if (Object(options) === options && 'count' in options) throw invalid('reconnect.count', 'does not exist');
  return resolveRetry(options, 'reconnect.');
}

function resolveProtocols(protocols: readonly string[] = []): readonly string[] {
  if (!Array.isArray(protocols)) throw invalid('protocols', 'is not a list');
  for (const protocol of protocols as readonly string[]) {
    if (typeof protocol !== 'string' || !PROTOCOL.test(protocol)) throw invalid('protocols', 'has one that is no name');
  }
  if (new Set([SUBPROTOCOL, ...(protocols as readonly string[])]).size <= protocols.length)
    throw invalid('protocols', 'has one twice');
  return [...(protocols as readonly string[])];
}

function resolveClass({ WebSocket, headers, origin, ca }: SocketOptions): SocketClass | undefined {
  if (WebSocket === undefined) return undefined;
  if (typeof WebSocket !== 'function') throw invalid('WebSocket', 'is not a class');
  const other = Object.entries({ headers, origin, ca }).find(([, value]) => value !== undefined);
  if (other !== undefined) throw invalid(other[0], 'cannot be given to a WebSocket of your own');
  return WebSocket;
}

/** Their values are not repeated: one may be a credential. */
function resolveHeaders(headers: SocketOptions['headers']): Settings['headers'] {
  if (headers === undefined) return undefined;
  // Of a list, a `Map` or a `Headers` nothing would be sent.
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers)
    throw invalid('headers', 'is not a plain object');
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER.test(name)) throw invalid('headers', 'has one whose name is none');
    if (typeof value !== 'string' || !HEADER_TEXT.test(value)) throw invalid('headers', `has no text for '${name}'`);
  }
  return { ...headers };
}

function resolveOrigin(origin: SocketOptions['origin']): string | undefined {
  if (origin === undefined) return undefined;
  if (typeof origin !== 'string' || origin === '' || !HEADER_TEXT.test(origin))
    throw invalid('origin', 'is no text that a header can hold');
  return origin;
}

function resolveCa(ca: SocketOptions['ca'], url: string): Settings['ca'] {
  if (ca === undefined) return undefined;
  if (![ca].flat().every((pem) => typeof pem === 'string'))
    throw invalid('ca', 'is neither a text nor a list of texts');
  if (!url.startsWith('wss:')) throw invalid('ca', 'was given for a URL that does not begin with wss://');
  return ca;
}
