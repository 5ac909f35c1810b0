import type { Socket } from 'node:net';
import { checkChannel, checkPayload } from '../../../backends/dflockd/wire/text.js';
import { channelOf } from '../channel/channel-of.js';
import { tell } from '../channel/tell.js';
import { translating } from '../document/translate.js';

/**
 * Publishes a signal over a socket that you have opened.
 *
 * @param channel No white space, no `*` or `>`, at most 256 bytes.
 * @param payload No CR, LF or NUL, not empty, at most 256 bytes.
 * @returns How many heard it.
 * @throws LockError
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { publish } from 'rxlock/compat/dflockd';
 *
 * const sock = connect({ host: '127.0.0.1', port: 6388 });
 * console.log(await publish(sock, 'jobs.done', '42'));
 * sock.destroy();
 * ```
 */
export async function publish(sock: Socket, channel: string, payload: string): Promise<number> {
  translating(() => {
    checkChannel(channel);
    checkPayload(payload);
  });
  return tell(channelOf(sock), channel, payload);
}
