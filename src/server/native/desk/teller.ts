import type { ErrorCode } from '../../../native/from-server.js';
import type { ServerTable } from '../../../table/server-table.js';
import type { FrontLog } from '../../front-log.js';
import type { FrontMeters } from '../../meters.js';
import { heldBy } from './held-by.js';
import type { NativePlace } from './native-place.js';
import type { NativeSession } from './native-session.js';
import type { Positions } from './positions.js';

/** What sessions are told about what they have asked for. */
export class Teller {
  constructor(
    private readonly table: ServerTable,
    private readonly positions: Positions,
    private readonly meters: FrontMeters,
    private readonly log: FrontLog,
  ) {}

  /** Tells that a place is held, if anybody listens; anew, if it was told before. */
  announce(session: NativeSession, place: NativePlace): void {
    if (place.isTold) session.told.remove(place.id);
    session.unheard.withdraw(place.id, place.news);
    place.news = 0;
    if (!session.isListening) return;
    place.news = session.unheard.grant(place.id);
    session.told.add(place.id);
    const { id, news, token, metadata } = place;
    session.tell({
      type: 'granted',
      id,
      news,
      ...(token === 0 ? {} : { token }),
      ...(metadata === undefined ? {} : { metadata }),
    });
  }

  /** Tells where a place stands in the queue. */
  queued(session: NativeSession, place: NativePlace): void {
    const { id, name, ask } = place;
    // Whoever was told before is told of changes: nobody is counted past thousands twice.
    const position = this.positions.toldTo(place) ?? this.table.position(place) ?? 0;
    session.tell({ type: 'queued', id, position, ...heldBy(this.table.status(name, ask.limit !== undefined)) });
    this.positions.add(place, position);
  }

  /** Tells that somebody else has it. */
  held(session: NativeSession, { id, name, ask }: NativePlace): void {
    this.meters.refused.add('held');
    if (this.log.isOn) this.log.say('ask refused', { session: session.id, name, reason: 'held' });
    session.tell({ type: 'held', id, ...heldBy(this.table.status(name, ask.limit !== undefined)) });
  }

  refuse(session: NativeSession, id: number, code: ErrorCode, message: string): void {
    this.meters.refused.add(REASONS[code]);
    if (this.log.isOn) this.log.say('ask refused', { session: session.id, ask: id, reason: code });
    session.tell({ type: 'error', id, code, message });
  }

  /** Tells that the session does not have the lock that an ask is about. */
  gone(session: NativeSession, id: number, lock: number): void {
    session.unheard.forget(lock);
    session.tell({ type: 'error', id, code: 'gone', message: 'this session does not have it, or not any more' });
  }
}

/** What the errors are called where they are counted. */
const REASONS: Readonly<Record<ErrorCode, string>> = {
  invalid: 'validation',
  'limit-mismatch': 'validation',
  gone: 'gone',
  limit: 'capacity',
  storage: 'storage',
  closing: 'closing',
};
