import type { LockBackend } from '../../contract/backend.js';
import { octostoreBackend } from './backend.js';
import type { OctoStoreFeatures } from './client/features.js';
import { FetchTransport } from './wire/fetch-transport.js';
import type { OctoStoreOptions } from './client/options.js';

/**
 * Locks on an OctoStore server, through the platform's `fetch`. The same as its namesake for Node in all but that.
 *
 * @param options As there; there are no environment variables to fall back on, so `token` must be given.
 * @throws LockConfigError if there is no token, or if `baseUrl` is plain http to another machine.
 * @throws LockValidationError for a bad duration, naming the option.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { octostore } from 'rxlock/octostore';
 *
 * const locks = createLocks(octostore({ token: () => fetch('/lock-token').then((response) => response.text()) }));
 * ```
 */
export function octostore(options: OctoStoreOptions = {}): LockBackend<OctoStoreFeatures> {
  return octostoreBackend(options, (transport) => new FetchTransport(transport));
}
