import type { ServerCore } from './server-core.js';

/** How a server is, as it tells whoever watches over it. */
export interface Health {
  /** Is it neither about to end nor unable to grant anything? */
  readonly isWell: boolean;
  readonly status: 'ok' | 'closing' | 'cannot store';
}

/** How a server is now, whatever protocol it is asked in. */
export function healthOf({ table, records }: Pick<ServerCore, 'table' | 'records'>): Health {
  if (table.isShut) return { isWell: false, status: 'closing' };
  return records.failure === undefined ? { isWell: true, status: 'ok' } : { isWell: false, status: 'cannot store' };
}
