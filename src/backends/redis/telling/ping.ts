import type { Calls } from '../wire/calls.js';
import { errorOfReply } from '../wire/error-of-reply.js';

/** Resolves if the server gives a sign of life. */
export async function ping(calls: Calls): Promise<void> {
  try {
    await calls.ready();
    await calls.askAny('PING');
  } catch (error) {
    throw errorOfReply(error, { what: 'ping', where: calls.port.where });
  }
}
