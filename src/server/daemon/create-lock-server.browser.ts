import { LockConfigError } from '../../contract/errors.js';
import type { LockServer } from './lock-server.js';
import type { LockServerOptions } from './options.js';

/**
 * What a browser gets in place of its namesake for Node: no page can listen on a port. It is there so that programs for both can be
 * bundled.
 *
 * @throws LockConfigError always, as a rejection.
 */
export function createLockServer(_options: LockServerOptions): Promise<LockServer> {
  return Promise.reject(
    new LockConfigError('createLockServer() listens on ports, which browsers cannot: use it on Node'),
  );
}
