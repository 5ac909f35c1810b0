import type { WallClock } from '../desk/wall-clock.js';
import type { ApiError } from '../wire/api-error.js';
import type { Reply } from '../wire/call.js';
import { errorHeaders, NO_STORE, type Dialect } from './dialect.js';

/**
 * What the documents of the clients in TypeScript, Go, Python and Rust say: exactly the fields that they list, 409 for a lock that is
 * held, one's own locks with their leases, plain text for health.
 */
export const documents: Dialect = {
  isStrict: false,
  // Of a whole name, which has no slashes there.
  maxNameComponent: 128,

  acquired: ({ leaseId, token, due }, clock) =>
    ok({
      status: 'acquired',
      lease_id: leaseId,
      // It may be absent to them: so nobody takes for one what never rises.
      ...(token === 0 ? {} : { fencing_token: token }),
      expires_at: clock.dateOf(due),
    }),

  held: ({ holderId, due = 0 }, clock) => refused(holderId, due, clock),

  // They know of no delay: to them it is held for so long.
  delayed: ({ holderId, due }, clock) => refused(holderId, due, clock),

  renewed: ({ due }, leaseId, clock) => ok({ lease_id: leaseId, expires_at: clock.dateOf(due) }),

  released: () => ok({}),

  status: ({ name, isHeld, holderId, fencingToken, due }, _acl, clock) =>
    ok({
      name,
      status: isHeld ? 'held' : 'free',
      holder_id: holderId ?? null,
      fencing_token: fencingToken,
      expires_at: due === undefined ? null : clock.dateOf(due),
    }),

  list: {
    of: 'own',
    show: ({ name, leaseId, token, due }, clock) => ({
      name,
      lease_id: leaseId,
      fencing_token: token,
      expires_at: clock.dateOf(due),
    }),
  },

  rotated: ({ token, userId, name }) => ({
    ...ok({ token, user_id: userId, github_username: name }),
    headers: NO_STORE,
  }),

  health: ({ isWell, status }) => ({ status: isWell ? 200 : 503, text: status }),

  error: (error: ApiError) => ({
    status: statusOf(error),
    json: { error: error.message },
    headers: errorHeaders(error),
  }),
};

/** To them, 409 is a lock that somebody holds, and nothing else. */
function statusOf({ kind, status }: ApiError): number {
  if (kind === 'capacity') return 503;
  return kind === 'conflict' ? 400 : status;
}

function ok(json: unknown): { readonly status: number; readonly json: unknown } {
  return { status: 200, json };
}

/** The clients in Go know it by the word `acquire`. */
function refused(holderId: string | undefined, due: number, clock: WallClock): Reply {
  return {
    status: 409,
    json: { error: 'Failed to acquire lock: it is held', holder_id: holderId ?? null, expires_at: clock.dateOf(due) },
  };
}
