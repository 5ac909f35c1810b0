import type { DflockdPlace } from './desk/dflockd-place.js';
import type { DflockdSession } from './dflockd-session.js';
import type { Request } from './wire/request.js';
import type { Services } from './services.js';
import type { SignalListener } from './signals/signal-hub.js';

/** A place that is waited for, and for how many milliseconds at most. */
export interface Awaited {
  readonly place: DflockdPlace;
  readonly timeout: number;
}

/**
 * Does what a client asks for.
 *
 * @returns The answer; or what has to be waited for: the place's `awaited` is to be set.
 */
export function serve(
  request: Request,
  session: DflockdSession,
  listener: SignalListener,
  { desk, signals, stats }: Services,
): string | Awaited {
  switch (request.type) {
    case 'acquire':
      return patiently(desk.acquire(session, request), request.timeout);
    case 'enqueue':
      return desk.enqueue(session, request);
    case 'wait':
      return patiently(desk.wait(session, request.key, request.timeout), request.timeout);
    case 'renew':
      return desk.renew(request.key, request.token, request.lease);
    case 'release':
      return desk.release(request.key, request.token);
    case 'stats':
      return `ok ${stats()}`;
    case 'ping':
      return 'ok';
    case 'publish':
      return `ok ${String(signals.publish(request.channel, request.payload))}`;
    case 'listen':
      return signals.listen(listener, request.pattern, request.group) ? 'ok' : 'error';
    case 'unlisten':
      signals.unlisten(listener, request.pattern, request.group);
      return 'ok';
    case 'auth':
      // It has been said, or nobody has asked.
      return 'error';
  }
}

function patiently(answer: string | DflockdPlace, timeout: number): string | Awaited {
  return typeof answer === 'string' ? answer : { place: answer, timeout };
}
