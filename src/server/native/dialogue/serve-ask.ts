import type { ClientAsk } from '../../../native/from-client.js';
import { problemOfName } from '../desk/checks.js';
import type { NativeSession } from '../desk/native-session.js';
import type { NativeOutbox } from './native-outbox.js';
import type { NativeServices } from './native-services.js';
import type { NameWatches } from './name-watches.js';

/** Asks that end something, or keep what there is, are never too many. */
const ALWAYS: ReadonlySet<ClientAsk['type']> = new Set([
  'alive',
  'settle',
  'release',
  'leave',
  'detach',
  'unwatch',
  'end',
]);

/** What an ask needs of the dialogue that it came over. */
export interface Served {
  readonly session: NativeSession;
  readonly watches: NameWatches;
  readonly outbox: NativeOutbox;
}

/** May there be too many of these? */
export function isBounded({ type }: ClientAsk): boolean {
  return !ALWAYS.has(type);
}

/** Does what a client asks for, but for what concerns the session itself. */
export function serveAsk(
  ask: Exclude<ClientAsk, { type: 'settle' | 'end' }>,
  served: Served,
  services: NativeServices,
): void {
  const { session, watches, outbox } = served;
  const { desk, transfers, beliefs, limits, kit } = services;
  switch (ask.type) {
    case 'acquire':
      desk.acquire(session, ask);
      break;
    case 'release':
      desk.release(session, ask);
      break;
    case 'leave':
      desk.leave(session, ask);
      break;
    case 'alive':
      beliefs.alive(session, ask);
      break;
    case 'ttl':
      desk.changeTtl(session, ask);
      break;
    case 'detach':
      transfers.detach(session, ask);
      break;
    case 'adopt':
      transfers.adopt(session, ask);
      break;
    case 'list':
      if (!watches.list(ask))
        outbox.tell({ type: 'error', id: ask.id, code: 'limit', message: 'this client lists as much as it may' });
      break;
    case 'unwatch':
      if (watches.unwatch(ask.watch)) outbox.tell({ type: 'done', id: ask.id });
      else outbox.tell({ type: 'error', id: ask.id, code: 'gone', message: 'there is no such watch' });
      break;
    case 'status':
    case 'watch':
    case 'revoke': {
      const problem = problemOfName(ask.name);
      if (problem !== undefined) outbox.tell({ type: 'error', id: ask.id, code: 'invalid', message: problem });
      else if (ask.type === 'status') outbox.tell(watches.status(ask));
      else if (ask.type === 'revoke') {
        kit.core.table.revoke(ask.name, ask.semaphore);
        outbox.tell({ type: 'done', id: ask.id });
      } else if (watches.size < limits.watches) watches.watch(ask);
      else outbox.tell({ type: 'error', id: ask.id, code: 'limit', message: 'this client watches as many as it may' });
    }
  }
}
