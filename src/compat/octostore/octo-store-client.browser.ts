import { FetchTransport } from '../../backends/octostore/wire/fetch-transport.js';
import { Client } from './client.js';
import type { OctoStoreClientOptions } from './document/options.js';

/**
 * A client of OctoStore with the methods, units, results and errors of its documented SDKs, through the platform's
 * `fetch`. The same as its namesake for Node in all but that.
 *
 * @param options As there; there are no environment variables to fall back on.
 * @throws ValidationError for a bad option, naming it.
 *
 * @example
 * ```ts
 * import { OctoStoreClient } from 'rxlock/compat/octostore';
 *
 * const client = new OctoStoreClient({ token: 'your-token-here' });
 * ```
 */
export class OctoStoreClient extends Client {
  constructor(options: OctoStoreClientOptions = {}) {
    super(options, (transport) => new FetchTransport(transport));
  }
}
