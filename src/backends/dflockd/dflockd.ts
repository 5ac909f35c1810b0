import { dflockdBackend } from './backend.js';
import type { DflockdBackend } from './dflockd-backend.js';
import type { DflockdOptions } from './client/options.js';

/**
 * Locks on one or several dflockd servers, over TCP; Node only.
 *
 * A lock belongs to the connection that got it: all locks that were free when they were asked for share one, and each that
 * was waited for has its own. Who waits is served in the order of arrival. There is no fencing token.
 *
 * @param options `host` (`'127.0.0.1'`), `port` (6388), or `servers`; `auth`; `tls` (`false`); `readTimeout` of the server
 * (`'23s'`), `connectTimeout` (`'5s'`), `timeout` of an answer (`'5s'`); `semaphorePrefix` (`'semaphore:'`).
 * @returns A backend for `createLocks`. Lock ttls are whole seconds, from 1 s to 24 h; with `renew: false` up to `readTimeout`.
 * @throws LockConfigError if there are `servers` and a `host` or `port` as well.
 * @throws LockValidationError for any other bad option, naming it.
 *
 * @example
 * ```ts
 * import { createLocks } from 'rxlock';
 * import { dflockd } from 'rxlock/dflockd';
 *
 * const locks = createLocks(dflockd({ host: '127.0.0.1', port: 6388 }));
 * await locks.using('nightly-report', '30s', async (lease) => console.log(`held for ${lease.remaining()} ms`));
 * await locks.close();
 * ```
 */
export function dflockd(options: DflockdOptions = {}): DflockdBackend {
  return dflockdBackend(options);
}
