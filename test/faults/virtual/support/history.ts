import type { SchedulerLike } from 'rxjs';
import type { Locks, LocksEvent } from '../../../../src/index.js';

/** What one `Locks` was told, in virtual milliseconds. */
export interface History {
  /** `'3000 renewed'`; what was told later than it happened says both: `'35000 lost (expired at 8000)'`. */
  readonly told: readonly string[];
  /** When events of this type were told. */
  of(type: LocksEvent['type']): readonly number[];
}

/**
 * Takes down what these locks do from now on.
 *
 * @param rate That of their clock, against the time.
 */
export function history(locks: Locks<bigint>, time: Pick<SchedulerLike, 'now'>, rate = 1): History {
  const events: { readonly at: number; readonly type: LocksEvent['type'] }[] = [];
  const told: string[] = [];
  locks.events$.subscribe((event) => {
    // Who asks and who leaves is known here: it is what the fault does.
    if (event.type === 'requested' || event.type === 'withdrawn') return;
    const at = Math.round(time.now());
    const stamp = Math.round(event.at / rate);
    events.push({ at, type: event.type });
    const why = event.type === 'lost' ? event.reason : '';
    const when = stamp === at ? '' : `at ${String(stamp)}`;
    const more = [why, when].filter((part) => part !== '').join(' ');
    told.push(`${String(at)} ${event.type}${more === '' ? '' : ` (${more})`}`);
  });
  return { told, of: (type) => events.filter((event) => event.type === type).map(({ at }) => at) };
}
