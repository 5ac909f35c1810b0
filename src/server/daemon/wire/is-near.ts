import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../../net/is-loopback.js';

/** What something between a client and the server says of it. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/**
 * Does a request come from a program on this machine? One that a proxy here passes on does not, nor that of a page whose name
 * was made to mean this machine.
 */
export function isNear({ socket, headers }: IncomingMessage): boolean {
  if (!isLoopback(socket.remoteAddress ?? '') || FORWARDED.some((name) => headers[name] !== undefined)) return false;
  const host = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return headers.origin === undefined && isLoopback(host);
}
