import { parseDuration } from '../../../values/duration.js';
import { LockConfigError } from '../../../contract/errors.js';
import { environment } from '../../../values/environment.js';
import { refuseUnknown } from '../../../values/refuse-unknown.js';
import { TokenSource, type TokenOption } from '../wire/token-source.js';
import { DEFAULT_BASE_URL, DEFAULT_SESSION_TTL, DEFAULT_TIMEOUT, type OctoStoreOptions } from './options.js';
import { invalid } from '../../../values/invalid.js';

const SESSION_TTL = { min: 10_000, max: 300_000, step: 1000 } as const;
const MIN_TIMEOUT = 10;
const SCHEME = /^\s*[a-z][a-z\d+.-]*:\/\//i;
const OPTIONS: ReadonlySet<string> = new Set(['baseUrl', 'token', 'sessionTtl', 'timeout', 'allowInsecure']);

/** {@link OctoStoreOptions} after validation. */
export interface Settings {
  readonly baseUrl: URL;
  readonly token: TokenSource;
  /** Milliseconds. */
  readonly sessionTtl: number;
  /** Milliseconds. */
  readonly timeout: number;
}

/** @throws LockConfigError, LockValidationError naming the option. */
export function resolveSettings(options: OctoStoreOptions): Settings {
  refuseUnknown(options, OPTIONS);
  const server = resolveServer(options);
  const { token = environmentToken(), sessionTtl: session = DEFAULT_SESSION_TTL } = options;
  const sessionTtl = parseDuration(session, 'sessionTtl');
  const { min, max, step } = SESSION_TTL;
  if (sessionTtl < min || sessionTtl > max || sessionTtl % step !== 0) {
    throw invalid('sessionTtl', `${String(sessionTtl)} ms is not between 10 s and 300 s in whole seconds`);
  }
  return { ...server, token: new TokenSource(token), sessionTtl };
}

/**
 * Where the server is, and how long it may take to answer.
 *
 * @throws LockConfigError, LockValidationError naming the option.
 */
export function resolveServer(
  options: Pick<OctoStoreOptions, 'baseUrl' | 'timeout' | 'allowInsecure'>,
): Pick<Settings, 'baseUrl' | 'timeout'> {
  const { baseUrl = environment('OCTOSTORE_BASE_URL') ?? DEFAULT_BASE_URL } = options;
  const { timeout: within = DEFAULT_TIMEOUT, allowInsecure = false } = options;
  if (typeof allowInsecure !== 'boolean') throw invalid('allowInsecure', 'is not a boolean');
  const timeout = parseDuration(within, 'timeout');
  if (timeout < MIN_TIMEOUT) throw invalid('timeout', `${String(timeout)} ms is less than 10 ms`);
  return { baseUrl: resolveUrl(baseUrl, allowInsecure), timeout };
}

/** What was given may hold a secret wherever it was not meant to be, so it is not repeated. */
function resolveUrl(given: string | URL, allowInsecure: boolean): URL {
  if (typeof given !== 'string' && !(given instanceof URL)) throw badUrl('is neither a string nor a URL');
  const text = String(given);
  // `localhost:3000` is a URL, whose scheme is `localhost:`.
  if (!SCHEME.test(text)) throw badUrl("has no scheme; write 'https://…', or 'http://…' for this machine");
  if (!URL.canParse(text)) throw badUrl('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw badUrl('is neither http nor https');
  if (url.username !== '' || url.password !== '') throw badUrl('holds a user or a password; pass token');
  if (url.search !== '' || url.hash !== '') throw badUrl('has a query or a fragment');
  if (url.protocol === 'http:' && !allowInsecure && !isLoopback(url.hostname)) {
    throw badUrl(`${url.origin} is plain http, which shows the token to the network; use https, or set allowInsecure`);
  }
  return url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function environmentToken(): TokenOption {
  if (environment('OCTOSTORE_TOKEN') === undefined) {
    throw new LockConfigError('token is missing: pass it, or set OCTOSTORE_TOKEN', { option: 'token' });
  }
  return () => environment('OCTOSTORE_TOKEN') ?? '';
}

function badUrl(why: string): LockConfigError {
  return new LockConfigError(`baseUrl ${why}`, { option: 'baseUrl' });
}
