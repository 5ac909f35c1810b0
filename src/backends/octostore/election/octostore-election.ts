import type { LockBackend } from '../../../contract/backend.js';
import type { OctoStoreFeatures } from '../client/features.js';
import { nodeTransport } from '../wire/node-transport.js';
import { electionBackend } from './election-backend.js';
import type { OctoStoreElectionOptions } from './election-options.js';

/**
 * One election on an OctoStore server, as a backend with a single lock: whoever holds it leads. It needs no account and
 * no token: whoever knows the id can take part, so an id of `createOctoStoreElection` cannot be guessed.
 *
 * The name of the lock is the id. Its fencing token is the term, which grows with each new leader.
 *
 * @param options `id` of the election; `baseUrl` (`OCTOSTORE_BASE_URL`, else `https://api.octostore.io`), `timeout` of one
 * request (`'5s'`), `allowInsecure` (`false`).
 * @returns A backend for `createLocks`. Ttls are whole seconds, from 5 s to 5 minutes.
 * @throws LockConfigError if `baseUrl` is plain http to another machine, or no URL.
 * @throws LockValidationError for anything else that is wrong, naming the option.
 * @see {@link createOctoStoreElection}
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { createOctoStoreElection, octostoreElection } from 'rxlock/octostore';
 * import { whileLeader } from 'rxlock/operators';
 * import { interval, map, take } from 'rxjs';
 *
 * const baseUrl = process.env.OCTOSTORE_BASE_URL;
 * const id = await createOctoStoreElection({ baseUrl }); // once; all candidates are given the same id
 * const locks = createLocks(octostoreElection({ baseUrl, id }));
 * locks
 *   .leader$(id, '15s', { metadata: 'machine 7' })
 *   .pipe(
 *     whileLeader((lease) => interval(50).pipe(map((n) => `tick ${n} of term ${lease.fencingToken}`))),
 *     take(3),
 *   )
 *   .subscribe({ next: console.log, complete: () => void locks.close() });
 * ```
 */
export function octostoreElection(options: OctoStoreElectionOptions): LockBackend<OctoStoreFeatures> {
  return electionBackend(options, nodeTransport);
}
