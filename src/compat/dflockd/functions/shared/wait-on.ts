import type { Socket } from 'node:net';
import type { Kind } from '../../../../backends/dflockd/wire/commands.js';
import { awaitTurn } from '../../channel/await-turn.js';
import { channelOf } from '../../channel/channel-of.js';
import type { AcquireResult } from '../../document/types.js';
import { validateKey, wholeWait } from '../../document/validate.js';

/** Waits for one's turn over a socket. @throws AcquireTimeoutError, LockError */
export async function waitOn(sock: Socket, kind: Kind, key: string, waitTimeoutS: number): Promise<AcquireResult> {
  validateKey(key);
  const wait = wholeWait(waitTimeoutS, 'waitTimeoutS');
  const { token, lease } = await awaitTurn(channelOf(sock), { kind, key }, wait);
  return { token, lease };
}
