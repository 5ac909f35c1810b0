import type { ServerTable } from '../../../table/server-table.js';
import type { RestoredPlace } from '../../records.js';
import type { PlaceEvents } from './dflockd-place.js';
import { readRecord } from './dflockd-record.js';
import { DflockdSession } from './dflockd-session.js';
import type { PlaceRegister } from './place-register.js';
import type { Traces } from './traces.js';

/**
 * Seats who held something before a start. Their connections are gone, so they live for their full leases; whoever has a token goes on renewing or
 * releasing by it.
 *
 * @returns The highest number of a connection among them: no new one may have one of theirs.
 */
export function restorePlaces(
  restored: readonly RestoredPlace[],
  register: PlaceRegister,
  table: ServerTable,
  events: PlaceEvents,
  traces: Traces,
): number {
  const sessions = new Map<number, DflockdSession>();
  for (const { ask, token, data } of restored) {
    const record = readRecord(data);
    if (record === undefined) continue;
    const { seal, connection } = record;
    const session = sessions.get(connection) ?? new DflockdSession(connection, traces);
    sessions.set(connection, session);
    const place = register.restore(session, ask, seal, events);
    if (place !== undefined) table.restore(place, token);
  }
  return Math.max(0, ...sessions.keys());
}
