import { Observable, type Subscriber } from 'rxjs';
import type { LockEvent } from '../contract/lease.js';
import type { Core } from '../core/core.js';
import type { HoldOptions } from '../core/hold-options.js';
import { LockRequest } from '../core/lock-request.js';
import { Stop } from '../core/stop.js';
import { Contender } from './contender.js';

/**
 * The stream of a lock: contend, hold, end. Each subscription is one contender.
 *
 * - Contending: the service is asked once, directly. Only who is refused enters `keepTrying$`, RxJS's `retry` with a delay.
 * - Holding: the grant becomes a `HeldLease`, the teardown of this stream, which the keeper renews and watches.
 * - Ending: the lease says `lost` or `released` itself, and gives the grant back when all that is downstream has stopped.
 */
export function lock$(core: Core, name: string, ttl: number, options: HoldOptions): Observable<LockEvent> {
  return contention$(new LockRequest(core, name, ttl, options));
}

/** Each subscription contends for what is asked for. */
export function contention$(request: LockRequest): Observable<LockEvent> {
  return new Observable((sink) => {
    contend(request, sink, Stop.of(request.options.until, sink));
  });
}

/**
 * Contends for a subscriber, and does so again after a loss if that is asked for.
 *
 * @param isLater In a turn of its own.
 */
export function contend(
  request: LockRequest,
  sink: Subscriber<LockEvent>,
  stop: Stop | undefined,
  isLater?: boolean,
): void {
  new Contender(request, sink, stop).start(isLater);
}
