import type { Socket } from 'node:net';
import { channelOf } from '../../channel/channel-of.js';
import { extend } from '../../channel/extend.js';
import type { Wanted } from '../../channel/wanted.js';
import { validateKey, validateToken, wholeLease } from '../../document/validate.js';

/** Renews it over a socket. @returns The seconds that remain. @throws LockError */
export async function renewOn(sock: Socket, { kind, key, lease }: Wanted, token: string): Promise<number> {
  validateKey(key);
  validateToken(token);
  const whole = wholeLease(lease);
  const { remaining } = await extend(channelOf(sock), { kind, key, lease: whole }, token);
  return remaining;
}
