import type { ServerCore } from './server-core.js';
import { UNSTORED } from './unstored.js';

/** How a server is, as it tells whoever watches over it. */
export interface Health {
  /** Is it neither about to end nor unable to grant anything? */
  readonly isWell: boolean;
  readonly status: 'ok' | 'closing' | 'cannot store';
  /** Is what is locked on a disk, for the next start? */
  readonly isKept: boolean;
}

/** How a server is now, whatever protocol it is asked in. */
export function healthOf({ table, records }: Pick<ServerCore, 'table' | 'records'>): Health {
  const isKept = records !== UNSTORED;
  if (table.isShut) return { isWell: false, status: 'closing', isKept };
  return records.failure === undefined
    ? { isWell: true, status: 'ok', isKept }
    : { isWell: false, status: 'cannot store', isKept };
}
