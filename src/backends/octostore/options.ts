import { parseDuration } from '../../duration.js';
import { LockConfigError, LockValidationError } from '../../errors.js';
import { refuseUnknown } from '../../refuse-unknown.js';
import type { Duration } from '../../types.js';
import { TokenSource, type TokenOption } from './token.js';

/** Options of {@link octostore}. */
export interface OctoStoreOptions {
  /** Where the server is. `OCTOSTORE_BASE_URL`, or `https://api.octostore.io`, by default. */
  readonly baseUrl?: string | URL | undefined;
  /**
   * The bearer token, or a function that gives it: called once, and again when the service refuses what it gave, so a
   * token that was rotated elsewhere is picked up. `OCTOSTORE_TOKEN` by default, read in the same way.
   */
  readonly token?: TokenOption | undefined;
  /**
   * The ttl of the session that all locks of this client hang on, kept alive while any is held. `'60s'` by default,
   * `'10s'` to `'300s'`, in whole seconds. The locks of a process that dies are free after this, if not earlier.
   */
  readonly sessionTtl?: Duration | undefined;
  /** How long one request may take. `'5s'` by default. */
  readonly timeout?: Duration | undefined;
  /** Allows plain http to a host that is not this machine: whoever is on the way reads the token. `false` by default. */
  readonly allowInsecure?: boolean | undefined;
}

export const DEFAULT_BASE_URL = 'https://api.octostore.io';
export const DEFAULT_SESSION_TTL = '60s';
export const DEFAULT_TIMEOUT = '5s';

const SESSION_TTL = { min: 10_000, max: 300_000, step: 1000 } as const;
const MIN_TIMEOUT = 10;
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
  const sessionTtl = parseDuration(options.sessionTtl ?? DEFAULT_SESSION_TTL, 'sessionTtl');
  const { min, max, step } = SESSION_TTL;
  if (sessionTtl < min || sessionTtl > max || sessionTtl % step !== 0) {
    throw invalid('sessionTtl', `sessionTtl ${String(sessionTtl)} ms is not between 10 s and 300 s in whole seconds`);
  }
  const timeout = parseDuration(options.timeout ?? DEFAULT_TIMEOUT, 'timeout');
  if (timeout < MIN_TIMEOUT) throw invalid('timeout', `timeout ${String(timeout)} ms is less than 10 ms`);
  return {
    baseUrl: resolveUrl(options.baseUrl ?? environment('OCTOSTORE_BASE_URL') ?? DEFAULT_BASE_URL, options),
    token: new TokenSource(options.token ?? environmentToken()),
    sessionTtl,
    timeout,
  };
}

function resolveUrl(given: string | URL, { allowInsecure = false }: OctoStoreOptions): URL {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    // What was given may hold a secret, so it is not repeated.
    throw new LockConfigError('baseUrl is not a URL');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new LockConfigError('baseUrl is neither http nor https');
  if (url.username !== '' || url.password !== '')
    throw new LockConfigError('baseUrl holds a user or a password; pass token');
  if (url.search !== '' || url.hash !== '') throw new LockConfigError('baseUrl has a query or a fragment');
  if (url.protocol === 'http:' && !allowInsecure && !isLoopback(url.hostname)) {
    throw new LockConfigError(
      `baseUrl ${url.origin} is plain http, which shows the token to the network; use https, or set allowInsecure`,
    );
  }
  return url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function environment(name: string): string | undefined {
  if (typeof process === 'undefined') return undefined;
  const value = process.env[name];
  return value === '' ? undefined : value;
}

function environmentToken(): TokenOption {
  if (environment('OCTOSTORE_TOKEN') === undefined) {
    throw new LockConfigError('token is missing: pass it, or set OCTOSTORE_TOKEN');
  }
  return () => environment('OCTOSTORE_TOKEN') ?? '';
}

function invalid(option: string, message: string): LockValidationError {
  return new LockValidationError(message, { option });
}
