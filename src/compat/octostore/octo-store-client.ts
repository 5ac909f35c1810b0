import { nodeTransport } from '../../backends/octostore/wire/node-transport.js';
import { Client } from './client.js';
import type { OctoStoreClientOptions } from './document/options.js';

/**
 * A client of OctoStore with the methods, units, results and errors of its documented SDKs: a program that was written
 * for one of them changes its import only.
 *
 * **One token is one owner**, as documented: two clients with the same token do not exclude each other. With
 * `session: true` they do, and so do `lock`, `withLock` and `locks`.
 *
 * @param options `baseUrl` (`OCTOSTORE_BASE_URL`, else `https://api.octostore.io`), `token` (`OCTOSTORE_TOKEN`), `timeout` of a
 * request (30000 ms), `session` (`false`), `onLockLost`.
 * @throws ValidationError for a bad option, naming it.
 *
 * @example
 * ```ts
 * import { LockHeldError, OctoStoreClient } from 'rxlock/compat/octostore';
 *
 * const client = new OctoStoreClient({ baseUrl: process.env.OCTOSTORE_BASE_URL, token: process.env.OCTOSTORE_TOKEN });
 * try {
 *   const result = await client.acquireLock('my-resource', 300);
 *   console.log(`fenced by ${result.fencing_token}`);
 *   await client.releaseLock('my-resource', result.lease_id!);
 * } catch (error) {
 *   if (!(error instanceof LockHeldError)) throw error;
 *   console.log(`held by ${error.holder_id} until ${error.expires_at}`);
 * }
 * ```
 */
export class OctoStoreClient extends Client {
  constructor(options: OctoStoreClientOptions = {}) {
    super(options, nodeTransport);
  }
}
