import { LockConfigError } from '../../contract/errors.js';
import type { Ledger } from '../ledger.js';
import { Meters } from '../meters.js';
import { ServerCore } from '../server-core.js';
import { EventLog } from './event-log.js';
import type { LockServerOptions } from './options.js';
import type { ServerSettings } from './settings.js';
import { troubleLog } from './trouble-log.js';

/** What is counted and told of it too. */
export interface MeteredCore {
  readonly core: ServerCore;
  readonly meters: Meters;
  readonly log: EventLog;
}

/**
 * The lock table, with what was kept of it.
 *
 * @throws LockConfigError if that cannot be opened, or is damaged.
 */
export async function coreOf(
  settings: ServerSettings,
  { clock, scheduler, log: write }: LockServerOptions,
): Promise<MeteredCore> {
  const { limits, lockDelay, opensAfter, fencing, logLevel } = settings;
  const meters = new Meters();
  const ledger = await ledgerOf(settings);
  try {
    const log: EventLog = new EventLog(write, logLevel, () => core.now());
    const keeping = { ledger, meters, lockDelay, opensAfter, fencing, onTrouble: troubleLog(log) };
    const core = new ServerCore({ clock, scheduler }, undefined, limits.buffered, keeping);
    return { core, meters, log };
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
