import type { Subscriber } from 'rxjs';
import type { AcquireRequest, AcquireSignal } from '../../../contract/backend.js';
import type { AcquireAsk } from './acquire-ask.js';
import { Entering, type EnteringContext } from './entering.js';
import { needOf } from './redis-grant.js';
import { Taking } from './taking.js';

/**
 * Makes one attempt to get a lock. It takes what is free by the short way, and enters by the long one if it must. Whoever wants what several can
 * have, or what others of this client wait for, enters at once: there is nothing to take.
 */
export function acquiring(
  request: AcquireRequest,
  sink: Subscriber<AcquireSignal>,
  context: EnteringContext,
  settled: () => void,
): AcquireAsk {
  const { desk, waiting } = context;
  const title = { owner: desk.owners.next(), need: needOf(request) };
  if (title.need === 'x') {
    const two = desk.keys.two(request.name);
    if (!waiting.has(two[0] as string)) return new Taking(request, sink, context, title, settled, two);
  }
  return new Entering(request, sink, context, title, settled);
}
