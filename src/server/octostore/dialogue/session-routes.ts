import type { Services } from '../services.js';
import type { Call, Route } from '../wire/call.js';
import { Fields } from '../wire/fields.js';
import { readUuid } from '../wire/uuid.js';
import { unreadable } from '../wire/unreadable.js';
import { storageError } from '../wire/storage-error.js';
import { forGuests, refuse } from './respond.js';

const SECOND = 1000;

/** What can be asked about sessions. */
export function sessionRoutes(services: Services): readonly Route[] {
  const { dialect, clock, sessions } = services;
  return [
    forGuests(services, 'POST', '/sessions', (call, { account }) => {
      const wanted = Fields.of(call, dialect.isStrict).optionalCount('ttl_seconds');
      sessions.create(account, wanted, (id, session, failure) => {
        if (failure !== undefined) {
          refuse(services, call, storageError(failure));
          return;
        }
        const json = {
          session_id: id,
          expires_at: clock.dateOf(session.due),
          keepalive_interval_secs: Math.floor(session.ttl / SECOND / 2),
        };
        call.answer({ status: 201, json });
      });
    }),

    forGuests(services, 'POST', '/sessions/:id/keepalive', (call, { account }) => {
      const id = idIn(call);
      const session = sessions.findAlive(account, id);
      sessions.keepAlive(session);
      call.answer({ status: 200, json: { session_id: id, expires_at: clock.dateOf(session.due) } });
    }),

    forGuests(services, 'GET', '/sessions/:id', (call, { account }) => {
      const id = idIn(call);
      const session = sessions.find(account, id);
      const json = {
        session_id: id,
        user_id: account.userId,
        expires_at: clock.dateOf(session.due),
        lock_count: session.bound.size,
        active: !session.hasEnded && clock.rest(session.due) > 0,
      };
      call.answer({ status: 200, json });
    }),

    forGuests(services, 'DELETE', '/sessions/:id', (call, { account }) => {
      sessions.delete(sessions.find(account, idIn(call)));
      call.answer({ status: 204 });
    }),
  ];
}

function idIn({ params: { id = '' } }: Call): string {
  const read = readUuid(id);
  if (read === undefined) throw unreadable(400);
  return read;
}
