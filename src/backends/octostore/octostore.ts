import type { LockBackend } from '../../contract/backend.js';
import { octostoreBackend } from './backend.js';
import type { OctoStoreFeatures } from './client/features.js';
import type { OctoStoreOptions } from './client/options.js';
import { nodeTransport } from './wire/node-transport.js';

/**
 * Locks on an OctoStore server.
 *
 * All locks of one client hang on a session of its own, which is opened with the first of them and kept alive while
 * any is held: two clients exclude each other even if they share a token, and what a process held when it died is free
 * after `sessionTtl` at the latest.
 *
 * @param options `baseUrl` (`OCTOSTORE_BASE_URL`, else `https://api.octostore.io`), `token` (`OCTOSTORE_TOKEN`),
 * `sessionTtl` (`'60s'`), `timeout` of one request (`'5s'`), `allowInsecure` (`false`).
 * @returns A backend for `createLocks`. Lock ttls are whole seconds, from 1 s to 1 h.
 * @throws LockConfigError if there is no token, or if `baseUrl` is plain http to another machine.
 * @throws LockValidationError for a bad duration, naming the option.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { octostore } from 'rxlock/octostore';
 *
 * const locks = createLocks(octostore({ token: process.env.OCTOSTORE_TOKEN }));
 * await locks.using('nightly-report', '30s', async (lease) => console.log(`fenced by ${lease.fencingToken}`));
 * await locks.close();
 * ```
 */
export function octostore(options: OctoStoreOptions = {}): LockBackend<OctoStoreFeatures> {
  return octostoreBackend(options, nodeTransport);
}
