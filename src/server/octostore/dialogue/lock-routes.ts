import { readAcl } from '../desk/acls.js';
import type { Account } from '../desk/account.js';
import type { LeaseAsk } from '../desk/lease-desk.js';
import { requireLockName } from '../desk/lock-name.js';
import type { OctostorePlace } from '../desk/octostore-place.js';
import type { Dialect } from '../dialect/dialect.js';
import type { Services } from '../services.js';
import { ApiError } from '../wire/api-error.js';
import type { Call, Route } from '../wire/call.js';
import { Fields } from '../wire/fields.js';
import { unreadable } from '../wire/unreadable.js';
import { storageError } from '../wire/storage-error.js';
import { LockList } from '../telling/lock-list.js';
import { readMetadata, readTtl } from './arguments.js';
import type { Guest } from './doorkeeper.js';
import { answering, forGuests, refuse } from './respond.js';

const DEFAULT_TTL = 60;
const MAX_DELAY = 30;
const WATCHES_RETRY_AFTER = 30_000;

/** What can be asked about locks. */
export function lockRoutes(services: Services): readonly Route[] {
  const { kit, dialect, clock, leases, book, views, acls, watches, meters, log } = services;
  return [
    forGuests(services, 'POST', '/locks/:name/acquire', (call, guest) => {
      const name = nameIn(dialect, call);
      const fields = Fields.of(call, dialect.isStrict);
      const ask = readAsk(services, name, fields, guest);
      const wanted = aclIn(fields);
      acls.require(name, { name: guest.account.name, token: guest.token }, wanted);
      const delay = book.delayOf(name);
      if (delay !== undefined) {
        meters.refused.add('delayed');
        call.answer(dialect.delayed(delay, clock));
        return;
      }
      const sessionId = fields.optionalUuid('session_id');
      const session = sessionId === undefined ? undefined : services.sessions.findAlive(guest.account, sessionId);
      let isListed = false;
      const onGrant = (): void => {
        if (wanted === undefined || acls.shown(name) !== undefined) return;
        isListed = true;
        acls.put(name, wanted);
      };
      leases.acquire({ ...ask, session, onGrant }, (answer) => {
        if (answer instanceof ApiError) {
          if (isListed) acls.delete(name);
          refuse(services, call, answer);
        } else if (answer.status === 'acquired') {
          if (answer.isNew) {
            meters.granted();
            log.say('lock granted', { user: guest.account.name, name, token: answer.place.token });
          }
          call.answer(dialect.acquired(answer.place, clock));
        } else {
          meters.refused.add(answer.status);
          log.say('ask refused', { user: guest.account.name, name, reason: answer.status });
          call.answer(
            answer.status === 'held' ? dialect.held(answer.view, clock) : dialect.delayed(answer.delay, clock),
          );
        }
      });
    }),

    forGuests(services, 'POST', '/locks/:name/renew', (call, { account }) => {
      const name = nameIn(dialect, call);
      const fields = Fields.of(call, dialect.isStrict);
      const leaseId = fields.uuid('lease_id');
      const ttl = readTtl(fields, DEFAULT_TTL, 1, kit.maxTtl);
      leases.renew(
        account,
        name,
        leaseId,
        ttl,
        answering(services, call, (place) => dialect.renewed(place, leaseId, clock)),
      );
    }),

    forGuests(services, 'POST', '/locks/:name/release', (call, { account }) => {
      const name = nameIn(dialect, call);
      leases.giveBack(account, name, Fields.of(call, dialect.isStrict).uuid('lease_id'));
      meters.ended.add('released');
      log.say('lock released', { user: account.name, name });
      call.answer(dialect.released());
    }),

    forGuests(services, 'GET', '/locks/:name', (call) => {
      const name = nameIn(dialect, call);
      call.answer(dialect.status(views.view(name), acls.shown(name), clock));
    }),

    forGuests(services, 'GET', '/locks', (call, { account }) => {
      const { prefix } = call.query;
      if (prefix !== undefined && typeof prefix !== 'string') throw unreadable(400);
      // A client that asks for many at once is told one after the other.
      call.whenFirst(() => {
        kit.core.turn.run(() => {
          listLocks(services, call, account, prefix);
        });
      });
    }),

    forGuests(services, 'PUT', '/locks/:name/acl', (call, { account }) => {
      const name = nameIn(dialect, call);
      const list = aclIn(Fields.of(call, dialect.isStrict)) ?? unread();
      const place = book.heldPlace(name);
      if (place === undefined && !views.view(name).isHeld) throw new ApiError('lockMissing', `Lock not found: ${name}`);
      if (place?.terms.account !== account) {
        throw new ApiError('forbidden', 'Forbidden: only current lock holder or admin can update ACL');
      }
      acls.put(name, list);
      kit.core.records.whenStored((failure) => {
        if (failure !== undefined) refuse(services, call, storageError(failure));
        else call.answer({ status: 200, json: { name, acl: { acquire: acls.shown(name) } } });
      });
    }),

    forGuests(services, 'GET', '/locks/:name/watch', (call, { account, principal }) => {
      const name = nameIn(dialect, call);
      if (account.watches >= kit.limits.watches) {
        throw new ApiError('rate', 'Rate limit exceeded; too many watches', { retryAfter: WATCHES_RETRY_AFTER });
      }
      account.watches++;
      watches.lock(call, name, {
        isWelcome: () => kit.principals.has(principal),
        onEnd: () => {
          account.watches--;
        },
      });
    }),
  ];
}

function nameIn({ maxNameComponent }: Dialect, { params: { name = '' } }: Call): string {
  // As for a path that ends there.
  if (name === '') throw new ApiError('missing');
  requireLockName(name, maxNameComponent);
  return name;
}

/** In the order in which a client is told what is wrong. */
function readAsk(
  { kit }: Services,
  name: string,
  fields: Fields,
  { account }: Guest,
): Omit<LeaseAsk, 'session' | 'onGrant'> {
  const ttl = readTtl(fields, DEFAULT_TTL, 1, kit.maxTtl);
  const metadata = readMetadata(fields);
  const isEphemeral = fields.optionalFlag('ephemeral') ?? false;
  const delay = fields.optionalCount('lock_delay_seconds') ?? 0;
  if (delay > MAX_DELAY) throw new ApiError('input', 'Invalid input: lock_delay_seconds must be between 0 and 30');
  if (isEphemeral && fields.optionalUuid('session_id') === undefined) {
    throw new ApiError('input', 'Invalid input: ephemeral locks require a session_id');
  }
  return { name, ttl, metadata, account, isEphemeral, delay };
}

/** Tells everybody's locks, or one's own: whatever the dialect says. */
function listLocks(services: Services, call: Call, account: Account, prefix: string | undefined): void {
  const { kit, dialect, clock, leases, book, views } = services;
  const { list } = dialect;
  const { stallTime } = kit.limits;
  if (list.of === 'own') {
    leases.listOwn(account, (places) => {
      if (places instanceof ApiError) refuse(services, call, places);
      else {
        const show = (place: OctostorePlace) => (book.isHeld(place) ? list.show(place, clock) : undefined);
        new LockList(call, () => places, kit.core, { show, end: () => ({}), stallTime });
      }
    });
    return;
  }
  const show = (name: string): object | undefined => {
    const view = views.heldView(name);
    return view && list.show(view, clock);
  };
  const end = (total: number): object => list.end(total, prefix);
  new LockList(call, () => views.names(prefix ?? ''), kit.core, { show, end, stallTime });
}

function aclIn(fields: Fields): readonly string[] | undefined {
  const given = fields.optionalTexts('acl', 'acquire');
  return given === undefined ? undefined : readAcl(given);
}

function unread(): never {
  throw unreadable(422);
}
