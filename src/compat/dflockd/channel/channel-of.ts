import type { Socket } from 'node:net';
import { Channel } from './channel.js';
import { invalid } from '../document/validate.js';

const channels = new WeakMap<Socket, Channel>();

/** The channel over a socket that the user has opened: one, however often it is asked for. */
export function channelOf(socket: Socket): Channel {
  if (typeof (socket as Partial<Socket> | undefined)?.write !== 'function') throw invalid('sock', 'sock is no socket');
  let channel = channels.get(socket);
  if (channel === undefined) channels.set(socket, (channel = new Channel(socket, { isBorrowed: true })));
  return channel;
}

/** From now on it is the channel over its socket. */
export function adopt(channel: Channel): void {
  channels.set(channel.socket, channel);
}
