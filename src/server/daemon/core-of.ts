import { LockConfigError } from '../../contract/errors.js';
import type { Ledger } from '../ledger.js';
import { Meters } from '../meters.js';
import { ServerCore } from '../server-core.js';
import type { LockServerOptions } from './options.js';
import type { ServerSettings } from './settings.js';

/** What is counted of it too. */
export interface MeteredCore {
  readonly core: ServerCore;
  readonly meters: Meters;
}

/**
 * The lock table, with what was kept of it.
 *
 * @throws LockConfigError if that cannot be opened, or is damaged.
 */
export async function coreOf(settings: ServerSettings, { clock, scheduler }: LockServerOptions): Promise<MeteredCore> {
  const { limits, lockDelay, opensAfter, fencing } = settings;
  const meters = new Meters();
  const ledger = await ledgerOf(settings);
  try {
    const keeping = { ledger, meters, lockDelay, opensAfter, fencing };
    return { core: new ServerCore({ clock, scheduler }, undefined, limits.buffered, keeping), meters };
  } catch (error) {
    await ledger?.close();
    throw error instanceof LockConfigError
      ? error
      : new LockConfigError(`data: ${(error as Error).message}`, { option: 'data', cause: error });
  }
}

/** Loaded by who keeps something. */
async function ledgerOf({ data }: ServerSettings): Promise<Ledger | undefined> {
  if (data === undefined) return undefined;
  const { openStore } = await import('../store/open-store.js');
  return openStore(data);
}
