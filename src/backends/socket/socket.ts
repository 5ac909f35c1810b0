import { SUBPROTOCOL } from '../../native/protocol.js';
import { socketBackend } from './backend.js';
import type { SocketOptions } from './client/options.js';
import { resolveSettings } from './client/settings.js';
import type { SocketBackend } from './socket-backend.js';
import { ClassWiring } from './wire/class-wiring.js';
import { NodeWiring } from './wire/node-wiring.js';

/**
 * Locks on a server of rxlock's own (`rxlock serve`), over a WebSocket; for Node and for browsers.
 *
 * All locks of one client belong to one session, and one short message keeps all of them. If the connection breaks, another one goes on
 * with the session: a short cut loses no lock and no place in a queue.
 *
 * @param options `url` (`'ws://127.0.0.1:7956'`), `token`, `timeout` of an answer (`'5s'`), `reconnect` (pauses between
 * connections), `protocols`, `WebSocket`; on Node `headers`, `origin`, `ca`.
 * @returns A backend for `createLocks`. Lock ttls are 1 s to 1 h, in steps of 1 ms.
 * @throws LockValidationError for a bad option, naming it.
 *
 * @example
 * ```ts no-run
 * import { createLocks } from 'rxlock';
 * import { socket } from 'rxlock/socket';
 *
 * const locks = createLocks(socket({ url: 'ws://127.0.0.1:7956' }));
 * await locks.using('nightly-report', '30s', async (lease) => console.log(`fenced by ${lease.fencingToken}`));
 * await locks.close();
 * ```
 */
export function socket(options?: SocketOptions & { readonly fencing?: true | undefined }): SocketBackend;
/**
 * Locks on a server of rxlock's own that has no fencing tokens (`rxlock serve --ephemeral`): `lease.fencingToken` is `undefined`.
 *
 * @example
 * ```ts no-run
 * import { createLocks } from 'rxlock';
 * import { socket } from 'rxlock/socket';
 *
 * const locks = createLocks(socket({ fencing: false }));
 * await locks.using('nightly-report', '30s', async (lease) => console.log(`held for ${lease.remaining()} ms`));
 * await locks.close();
 * ```
 */
export function socket(options: SocketOptions & { readonly fencing: false }): SocketBackend<false>;
/**
 * The same, if TypeScript cannot know whether `fencing` is `true` or `false`: `lease.fencingToken` is a `bigint` or `undefined`.
 *
 * @example
 * ```ts no-run
 * import { createLocks } from 'rxlock';
 * import { socket } from 'rxlock/socket';
 *
 * const locks = createLocks(socket({ fencing: process.env.NODE_ENV === 'production' }));
 * await locks.using('nightly-report', '30s', async (lease) => console.log(lease.fencingToken ?? 'no token'));
 * await locks.close();
 * ```
 */
export function socket(options: SocketOptions): SocketBackend<boolean>;
export function socket(options: SocketOptions = {}): SocketBackend<boolean> {
  const settings = resolveSettings(options);
  const { url, WebSocket, protocols } = settings;
  const all = [SUBPROTOCOL, ...protocols];
  return socketBackend(
    settings,
    WebSocket === undefined ? new NodeWiring(url, all, settings) : new ClassWiring(WebSocket, url, all),
  );
}
