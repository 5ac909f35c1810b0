import type { ServerTable } from '../../../table/server-table.js';
import { showName } from '../desk/key-name.js';
import type { Keys } from '../desk/keys.js';
import type { SignalHub } from '../signals/signal-hub.js';
import type { TableStatus } from '../../../table/table-status.js';

const OWNER = /^dflockd connection (\d+)$/;

/** What the server tells about itself, as JSON. All that is in the table is in it, whatever protocol brought it there. */
export function statsOf(connections: number, table: ServerTable, keys: Keys, signals: SignalHub): string {
  const locks = table.list();
  const semaphores = table.list('', true);
  const busy = new Set([...locks, ...semaphores].map(({ name }) => name));
  const idle = [...keys.idle].filter(({ name }) => !busy.has(name));
  const now = keys.now();
  const idleOnes = (isLock: boolean): object[] =>
    idle
      .filter(({ limit }) => (limit === 1) === isLock)
      .map(({ name, idleSince }) => ({ key: showName(name), idle_s: (now - idleSince) / 1000 }));
  const channels = signals.status();
  return JSON.stringify({
    connections,
    locks: locks.map((status) => ({
      key: showName(status.name),
      owner_conn_id: ownerOf(status),
      lease_expires_in_s: (status.expiresIn ?? 0) / 1000,
      waiters: status.waiters,
    })),
    semaphores: semaphores.map(({ name, limit, holders, waiters }) => ({
      key: showName(name),
      limit,
      holders,
      waiters,
    })),
    idle_locks: idleOnes(true),
    idle_semaphores: idleOnes(false),
    // As long as nobody listens it is exactly what servers without signals say.
    ...(channels.length === 0
      ? {}
      : { signal_channels: channels.map((one) => ({ ...one, pattern: showBytes(one.pattern) })) }),
  });
}

function ownerOf({ holder = '' }: TableStatus): number {
  return Number(OWNER.exec(holder)?.[1] ?? 0);
}

function showBytes(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
