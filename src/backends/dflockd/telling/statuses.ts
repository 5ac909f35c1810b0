import { lockStatus } from '../../../values/lock-status.js';
import type { LockStatus } from '../../../contract/status.js';
import type { DflockdLockStats, DflockdStats } from './stats.js';

/**
 * What `stats` tells of one lock.
 *
 * @param now Epoch milliseconds.
 */
export function statusOf({ locks }: DflockdStats, name: string, now: number): LockStatus {
  const lock = locks.find(({ key }) => key === name);
  return lock === undefined ? lockStatus({ name, status: 'free' }) : translate(lock, now);
}

/**
 * What `stats` tells of all locks.
 *
 * @param prefix Of their names.
 * @param semaphorePrefix Of what is no lock.
 * @param now Epoch milliseconds.
 */
export function statusesOf(
  { locks }: DflockdStats,
  prefix: string,
  semaphorePrefix: string,
  now: number,
): readonly LockStatus[] {
  return locks
    .filter(({ key }) => key.startsWith(prefix) && (semaphorePrefix === '' || !key.startsWith(semaphorePrefix)))
    .map((lock) => translate(lock, now));
}

function translate({ key: name, connection, expiresIn, waiters }: DflockdLockStats, now: number): LockStatus {
  // Nobody has it, but somebody waits: it is on its way to him.
  if (connection === 0) return lockStatus({ name, status: 'free', waiters });
  return lockStatus({ name, status: 'held', expiresAt: new Date(Math.floor(now + expiresIn)), waiters });
}
