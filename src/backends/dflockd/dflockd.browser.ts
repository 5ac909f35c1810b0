import { LockConfigError } from '../../contract/errors.js';
import type { DflockdOptions } from './client/options.js';
import type { DflockdBackend } from './dflockd-backend.js';

/**
 * What a browser gets in place of its namesake for Node: dflockd speaks TCP, which no page can. It is there so that programs
 * for both can be bundled.
 *
 * @throws LockConfigError always.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { octostore } from 'rxlock/octostore';
 *
 * const locks = createLocks(octostore({ token: 'your-token-here' })); // what a page can use
 * ```
 */
export function dflockd(_options: DflockdOptions = {}): DflockdBackend {
  throw new LockConfigError(
    'dflockd speaks TCP, which browsers cannot: use it on Node, and rxlock/socket or rxlock/octostore in a browser',
  );
}
