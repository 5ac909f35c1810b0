import { refuseUnknown } from '../../../values/refuse-unknown.js';
import type { OctoStoreOptions } from '../client/options.js';
import { resolveServer, type Settings } from '../client/settings.js';
import { validateElectionId } from './election-id.js';

/** Options of `createOctoStoreElection`: where the server is. Elections need no token. */
export type OctoStoreElectionServer = Pick<OctoStoreOptions, 'baseUrl' | 'timeout' | 'allowInsecure'>;

/** Options of `octostoreElection`. */
export interface OctoStoreElectionOptions extends OctoStoreElectionServer {
  /**
   * The election: what `createOctoStoreElection` gave, or 8 to 64 letters, digits, `-` and `_` of your own on a server of
   * your own. Whoever knows it can take part.
   */
  readonly id: string;
}

const SERVER: ReadonlySet<string> = new Set(['baseUrl', 'timeout', 'allowInsecure']);
const ELECTION: ReadonlySet<string> = new Set([...SERVER, 'id']);

/** @throws LockConfigError, LockValidationError naming the option. */
export function resolveElectionServer(options: OctoStoreElectionServer): Pick<Settings, 'baseUrl' | 'timeout'> {
  refuseUnknown(options, SERVER);
  return resolveServer(options);
}

/** @throws LockConfigError, LockValidationError naming the option. */
export function resolveElection(
  options: OctoStoreElectionOptions,
): Pick<Settings, 'baseUrl' | 'timeout'> & { readonly id: string } {
  refuseUnknown(options, ELECTION);
  validateElectionId(options.id, 'id');
  return { ...resolveServer(options), id: options.id };
}
