import type { DflockdPlace } from '../desk/dflockd-place.js';
import type { Promised } from '../desk/promised.js';
import type { DflockdSession } from '../desk/dflockd-session.js';
import type { Request } from '../wire/request.js';
import type { Services } from './services.js';
import type { SignalListener } from '../signals/signal-hub.js';

/** Requests that end something, or keep what there is, are never too many. */
const ALWAYS: ReadonlySet<Request['type']> = new Set(['renew', 'release', 'wait', 'unlisten', 'ping']);

/** A place that is waited for, and for how many milliseconds at most. */
export interface Awaited {
  readonly place: DflockdPlace;
  readonly timeout: number;
}

/**
 * Does what a client asks for.
 *
 * @param since Until when it has seen what happened: an answer of that time or before is too old.
 * @returns The answer; or what has to be stored before it is said; or what has to be waited for: the place's `awaited` is to be set.
 */
export function serve(
  request: Request,
  session: DflockdSession,
  listener: SignalListener,
  { desk, signals, stats }: Services,
  since: number,
): string | Promised | Awaited {
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
      return `ok ${stats.tell(since)}`;
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

/** May there be too many of these? */
export function isBounded({ type }: Request): boolean {
  return !ALWAYS.has(type);
}

/** What is answered to one too many. */
export function refusalOf({ type }: Request): string {
  return type === 'acquire' || type === 'enqueue' ? 'error_max_locks' : 'error';
}

/** What it takes to serve a request, beside a short one, as far as that is known before. */
export function priceOf(request: Request, { signals, stats }: Services): number {
  if (request.type === 'stats') return stats.price;
  return request.type === 'publish' ? signals.priceOf(request.channel) : 1;
}

function patiently(answer: string | DflockdPlace, timeout: number): string | Promised | Awaited {
  if (typeof answer === 'string') return answer;
  return answer.state === 'held' ? { place: answer, word: 'ok' } : { place: answer, timeout };
}
