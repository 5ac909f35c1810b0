import type { LockBackend } from '../../../contract/backend.js';
import type { OctoStoreFeatures } from '../client/features.js';
import { FetchTransport } from '../wire/fetch-transport.js';
import { electionBackend } from './election-backend.js';
import type { OctoStoreElectionOptions } from './election-options.js';

/**
 * One election on an OctoStore server, through the platform's `fetch`. The same as its namesake for Node in all but that.
 *
 * @param options As there.
 * @throws LockConfigError if `baseUrl` is plain http to another machine, or no URL.
 * @throws LockValidationError for anything else that is wrong, naming the option.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { octostoreElection } from 'rxlock/octostore';
 *
 * const locks = createLocks(octostoreElection({ id: 'the-tab-that-polls' }));
 * ```
 */
export function octostoreElection(options: OctoStoreElectionOptions): LockBackend<OctoStoreFeatures> {
  return electionBackend(options, (transport) => new FetchTransport(transport));
}
