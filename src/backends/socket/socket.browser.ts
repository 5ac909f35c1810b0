import { LockConfigError } from '../../contract/errors.js';
import { SUBPROTOCOL } from '../../native/protocol.js';
import { socketBackend } from './backend.js';
import type { SocketOptions } from './client/options.js';
import { resolveSettings } from './client/settings.js';
import type { SocketBackend } from './socket-backend.js';
import { ClassWiring } from './wire/class-wiring.js';
import type { SocketClass } from './wire/socket-class.js';

/**
 * Locks on a server of rxlock's own (`rxlock serve`), over the browser's `WebSocket`. The server has to allow the page's origin:
 * `rxlock serve --origin https://app.example.com`.
 *
 * What a page holds is lost as soon as the browser freezes it, or the user leaves it, because nobody knows when it comes back.
 *
 * @param options `url` (`'ws://127.0.0.1:7956'`), `token`, `timeout` of an answer (`'5s'`), `reconnect` (pauses between connections), `protocols`,
 * `WebSocket`. Not `headers`, `origin` and `ca`: those are for Node.
 * @throws LockConfigError if the platform has no `WebSocket`, and none is given.
 * @throws LockValidationError for a bad option, naming it.
 *
 * @example
 * ```ts no-run
 * import { createLocks } from 'rxlock';
 * import { socket } from 'rxlock/socket';
 *
 * const locks = createLocks(socket({ url: 'wss://locks.example.com', token: 'your-token-here' }));
 * ```
 */
export function socket(options?: SocketOptions & { readonly fencing?: true | undefined }): SocketBackend;
/** For a server without fencing tokens (`rxlock serve --ephemeral`): `lease.fencingToken` is `undefined`. */
export function socket(options: SocketOptions & { readonly fencing: false }): SocketBackend<false>;
/** If TypeScript cannot know whether `fencing` is `true` or `false`: `lease.fencingToken` is a `bigint` or `undefined`. */
export function socket(options: SocketOptions): SocketBackend<boolean>;
export function socket(options: SocketOptions = {}): SocketBackend<boolean> {
  const settings = resolveSettings(options);
  for (const option of ['headers', 'origin', 'ca'] as const) {
    if (settings[option] !== undefined) throw new LockConfigError(`a browser takes no ${option}`, { option });
  }
  const { WebSocket: own = (globalThis as { readonly WebSocket?: SocketClass }).WebSocket, url, protocols } = settings;
  if (own === undefined) throw new LockConfigError('there is no WebSocket here', { option: 'WebSocket' });
  return socketBackend(settings, new ClassWiring(own, url, [SUBPROTOCOL, ...protocols]));
}
