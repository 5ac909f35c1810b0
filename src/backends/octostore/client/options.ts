import type { Duration } from '../../../contract/time.js';
import type { TokenOption } from '../wire/token-source.js';

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

/** Where the service of OctoStore's makers is. */
export const DEFAULT_BASE_URL = 'https://api.octostore.io';
/** Of {@link OctoStoreOptions.sessionTtl}. */
export const DEFAULT_SESSION_TTL = '60s';
/** Of {@link OctoStoreOptions.timeout}. */
export const DEFAULT_TIMEOUT = '5s';
