import type { HeldBy, NameStatus } from '../../../native/from-server.js';
import type { TableStatus } from '../../../table/table-status.js';

/** Who has a name, as far as there is anything to tell. */
export function heldBy({ holder, mode, expiresIn }: TableStatus): HeldBy {
  return {
    ...(holder === undefined ? {} : { holder }),
    ...(mode === undefined ? {} : { mode }),
    ...(expiresIn === undefined ? {} : { expiresIn }),
  };
}

/** What is told about a name. */
export function nameStatus(status: TableStatus): NameStatus {
  const { name, holders, waiters, fencingToken, metadata, limit, permits } = status;
  return {
    name,
    holders,
    waiters,
    ...heldBy(status),
    ...(fencingToken === undefined ? {} : { token: Number(fencingToken) }),
    ...(metadata === undefined ? {} : { metadata }),
    // Of a lock there is nothing to be counted.
    ...(permits === undefined ? {} : { limit, permits }),
  };
}
