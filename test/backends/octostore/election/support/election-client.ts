import { octostoreElection } from '../../../../../src/backends/octostore/index.js';
import type { LockBackend } from '../../../../../src/contract/backend.js';
import type { OctoStoreFeatures } from '../../../../../src/backends/octostore/index.js';
import { Client } from '../../../../support/octostore-client.js';

/** A client of one election, used through its contract, as the core does. */
export class ElectionClient extends Client {
  constructor(
    readonly id: string,
    baseUrl: string,
    make: typeof octostoreElection = octostoreElection,
    timeout = '5s',
  ) {
    super({}, (): LockBackend<OctoStoreFeatures> => make({ id, baseUrl, timeout }));
  }
}

let elections = 0;

/** The id of an election that no other test uses. */
export function anyElection(): string {
  return `test-${Math.random().toString(36).slice(2)}-${String(++elections)}`;
}
