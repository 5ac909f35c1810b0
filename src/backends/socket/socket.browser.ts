import { LockConfigError } from '../../contract/errors.js';
import { SUBPROTOCOL } from '../../native/protocol.js';
import { socketBackend } from './backend.js';
import type { SocketOptions } from './client/options.js';
import { resolveSettings } from './client/settings.js';
import type { SocketBackend } from './socket-backend.js';
import { ClassWiring } from './wire/class-wiring.js';
import type { SocketClass } from './wire/socket-class.js';

/**
 * Locks on a server of rxlock's own (`rxlock serve`), over the platform's `WebSocket`. The same as its namesake for Node in all
 * but that: a browser says its `Origin` by itself, and takes no headers and no certificates.
 *
 * What a page holds is lost as soon as the browser freezes it, or the user leaves it: it may come back at any time, or never.
 *
 * @param options As there, but for `headers`, `origin` and `ca`.
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
/** As above, for a server without fencing tokens. */
export function socket(options: SocketOptions & { readonly fencing: false }): SocketBackend<false>;
/** As above, for options that may say either. */
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
