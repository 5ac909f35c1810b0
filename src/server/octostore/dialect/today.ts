import type { LockView } from '../desk/lock-view.js';
import type { WallClock } from '../desk/wall-clock.js';
import { errorHeaders, NO_STORE, type Dialect } from './dialect.js';

/** What today's server says, field by field. */
export const today: Dialect = {
  isStrict: true,
  maxNameComponent: 64,

  acquired: (place, clock) =>
    ok({
      status: 'acquired',
      lease_id: place.leaseId,
      fencing_token: place.token,
      expires_at: clock.dateOf(place.due),
      renew_after_ms: Math.floor(clock.rest(place.due) / 2),
      metadata: place.metadata ?? null,
    }),

  held: ({ holderId, due = 0, retryAfter, metadata }, clock) =>
    ok({
      status: 'held',
      holder_id: holderId,
      expires_at: clock.dateOf(due),
      retry_after_ms: retryAfter,
      metadata: metadata ?? null,
    }),

  delayed: ({ due, seconds }, clock) => ({
    status: 409,
    json: {
      status: 'delayed',
      available_at: clock.dateOf(due),
      lock_delay_seconds: Math.max(seconds, Math.ceil(clock.rest(due) / 1000)),
      retry_after_ms: clock.rest(due),
    },
  }),

  renewed: ({ due }, leaseId, clock) =>
    ok({
      lease_id: leaseId,
      expires_at: clock.dateOf(due),
      renew_after_ms: Math.floor(clock.rest(due) / 2),
    }),

  released: () => ok(null),

  status: (view, acl, clock) => ok({ ...shown(view, clock), ...(acl === undefined ? {} : { acl: { acquire: acl } }) }),

  list: {
    of: 'all',
    show: shown,
    end: (total, prefix) => ({ total, prefix: prefix ?? null }),
  },

  rotated: ({ token, userId, name }) => ({
    ...ok({ token, user_id: userId, github_username: name, namespace: null }),
    headers: NO_STORE,
  }),

  health: ({ isWell, status, isKept }) => ({
    status: isWell ? 200 : 503,
    // Each batch is on disk in a log before it is answered. How large that has become is no stranger's business.
    json: { status, storage: isKept ? 'wal' : 'memory', db_size_bytes: 0 },
  }),

  error: (error, id) => ({
    status: error.status,
    json: {
      error: error.words,
      code: error.code,
      details: error.message,
      request_id: id,
      ...(error.retryAfter === undefined ? {} : { retry_after_ms: error.retryAfter }),
    },
    headers: errorHeaders(error),
  }),
};

function ok(json: unknown): { readonly status: number; readonly json: unknown } {
  return { status: 200, json };
}

function shown({ name, isHeld, holderId, fencingToken, due, metadata }: LockView, clock: WallClock): object {
  return {
    name,
    status: isHeld ? 'held' : 'free',
    holder_id: holderId ?? null,
    fencing_token: fencingToken,
    expires_at: due === undefined ? null : clock.dateOf(due),
    metadata: metadata ?? null,
  };
}
