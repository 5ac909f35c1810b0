import { nodeTransport } from '../wire/node-transport.js';
import type { OctoStoreElectionServer } from './election-options.js';
import { openElection } from './open-election.js';

/**
 * Gets the id of a new election from an OctoStore server. Nobody can guess it, and whoever is given it can take part.
 *
 * @param options `baseUrl` (`OCTOSTORE_BASE_URL`, else `https://api.octostore.io`), `timeout` (`'5s'`), `allowInsecure`
 * (`false`).
 * @returns The id, for `octostoreElection`. Rejects with `LockNetworkError`, with `LockCapacityError` if the server wants
 * fewer requests, with `LockUnsupportedError` if it has no elections, and for bad options as `octostoreElection` throws.
 * @see {@link octostoreElection}
 *
 * @example
 * ```ts
 * import { createOctoStoreElection } from 'rxlock/octostore';
 *
 * const id = await createOctoStoreElection({ baseUrl: process.env.OCTOSTORE_BASE_URL });
 * console.log(id); // put it where all candidates find it
 * ```
 */
export function createOctoStoreElection(options: OctoStoreElectionServer = {}): Promise<string> {
  return openElection(options, nodeTransport);
}
