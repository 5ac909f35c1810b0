import { defer, ignoreElements, type Observable } from 'rxjs';
import type { Calls } from '../wire/calls.js';
import { errorOfReply } from '../wire/error-of-reply.js';

/** Completes if the server gives a sign of life. */
export function ping(calls: Calls): Observable<never> {
  return defer(async () => {
    try {
      await calls.ready();
      await calls.askAny('PING');
    } catch (error) {
      throw errorOfReply(error, { what: 'ping', where: calls.port.where });
    }
  }).pipe(ignoreElements());
}
