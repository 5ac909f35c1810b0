import { FetchTransport } from '../wire/fetch-transport.js';
import type { OctoStoreElectionServer } from './election-options.js';
import { openElection } from './open-election.js';

/**
 * Gets the id of a new election, through the platform's `fetch`. The same as its namesake for Node in all but that.
 *
 * @param options As there.
 * @returns The id. Rejects as there.
 *
 * @example
 * ```ts
 * import { createOctoStoreElection } from 'rxlock/octostore';
 *
 * const baseUrl = process.env.OCTOSTORE_BASE_URL; // put in by the bundler
 * console.log(await createOctoStoreElection({ baseUrl }));
 * ```
 */
export function createOctoStoreElection(options: OctoStoreElectionServer = {}): Promise<string> {
  return openElection(options, (transport) => new FetchTransport(transport));
}
