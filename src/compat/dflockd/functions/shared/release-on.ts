import type { Socket } from 'node:net';
import type { Kind } from '../../../../backends/dflockd/wire/commands.js';
import { channelOf } from '../../channel/channel-of.js';
import { giveBack } from '../../channel/give-back.js';
import { validateKey, validateToken } from '../../document/validate.js';

/** Gives it back over a socket. @throws LockError, also if it was not held any more. */
export async function releaseOn(sock: Socket, kind: Kind, key: string, token: string): Promise<void> {
  validateKey(key);
  validateToken(token);
  const refusal = await giveBack(channelOf(sock), kind, key, token);
  if (refusal !== undefined) throw refusal;
}
