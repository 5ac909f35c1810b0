import { catchError, defer, EMPTY, exhaustMap, from, timer, type Subscription } from 'rxjs';
import { isRefusal } from '../../../backends/dflockd/wire/answer.js';
import { systemScheduler } from '../../../values/system-scheduler.js';
import type { Channel } from '../channel/channel.js';

const PING = 'ping\n_\n\n';

/**
 * Asks a server again and again whether it is still there, once at a time. If it is not, its connection is closed.
 *
 * @param interval Milliseconds; 0: never.
 * @returns What ends it.
 */
export function heartbeat(channel: Channel, interval: number): Subscription | undefined {
  if (interval === 0) return undefined;
  // Those who listen are told by what closes the connection.
  const beat$ = defer(() => from(ping(channel))).pipe(catchError(() => EMPTY));
  return timer(interval, interval, systemScheduler)
    .pipe(exhaustMap(() => beat$))
    .subscribe();
}

/** Asks a server whether it is there. One that does not know the question is there as well. */
export function ping(channel: Channel): Promise<string> {
  return channel.ask({ text: PING, read: (line) => (line.startsWith('ok') || isRefusal(line) ? line : undefined) });
}
