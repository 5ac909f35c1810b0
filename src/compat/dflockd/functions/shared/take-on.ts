import type { Socket } from 'node:net';
import { channelOf } from '../../channel/channel-of.js';
import { take } from '../../channel/take.js';
import type { Wanted } from '../../channel/wanted.js';
import type { AcquireResult } from '../../document/types.js';
import { validateWanted } from './validate-wanted.js';
import { wholeWait } from '../../document/validate.js';

/** Takes it over a socket. @throws AcquireTimeoutError, LockError */
export async function takeOn(sock: Socket, wanted: Wanted, acquireTimeoutS: number): Promise<AcquireResult> {
  const valid = validateWanted(wanted);
  const wait = wholeWait(acquireTimeoutS, 'acquireTimeoutS');
  const { token, lease } = await take(channelOf(sock), valid, wait);
  return { token, lease };
}
