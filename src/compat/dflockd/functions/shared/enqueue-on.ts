import type { Socket } from 'node:net';
import { channelOf } from '../../channel/channel-of.js';
import { takePlace } from '../../channel/take-place.js';
import type { Wanted } from '../../channel/wanted.js';
import type { EnqueueResult } from '../../document/types.js';
import { validateWanted } from './validate-wanted.js';

/** Takes it, or a place in its queue, over a socket. @throws LockError */
export async function enqueueOn(sock: Socket, wanted: Wanted): Promise<EnqueueResult> {
  const valid = validateWanted(wanted);
  const answer = await takePlace(channelOf(sock), valid);
  if (answer === 'queued') return { status: 'queued', token: null, lease: null };
  return { status: 'acquired', token: answer.token, lease: answer.lease };
}
