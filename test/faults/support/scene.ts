import type { Subscription } from 'rxjs';
import { expect } from 'vitest';
import type { OctoStoreOptions } from '../../../src/backends/octostore/index.js';
import type { Party } from './party.js';
import type { Stage } from './stage.js';

/** The ttl of most rows, in milliseconds. */
export const TTL = 3000;
/** For rows in which a fault passes before the deadline: a busy machine shall not make it a loss. Milliseconds. */
export const LONG = 9000;

/** A lock that is held, and one who waits for it. */
export interface Scene {
  readonly holder: Party<bigint | undefined>;
  readonly other: Party<bigint | undefined>;
  /** Ends the holder's work. */
  readonly working: Subscription;
}

/** Somebody holds the lock and works, and another waits for it. */
export async function heldAndWanted(stage: Stage, ttl = TTL, options: OctoStoreOptions = {}): Promise<Scene> {
  const holder = stage.holder(options);
  const working = holder.work(stage.name, ttl);
  await holder.told('value', 3);
  const other = stage.other();
  other.work(stage.name, TTL);
  await other.told('waiting');
  return { holder, other, working };
}

/** The lock is lost, and then the other one's. */
export async function handOver({ holder, other }: Scene): Promise<void> {
  await other.told('acquired');
  await holder.told('lost');
  expect(holder.count('acquired')).toBe(1);
  await other.told('value', 3);
}

/** The lock is held on through two more renewals; given back, it is the other one's. */
export async function keepOn({ holder, other, working }: Scene): Promise<void> {
  await holder.told('renewed', holder.count('renewed') + 2);
  expect(holder.count('lost')).toBe(0);
  expect(other.count('acquired')).toBe(0);
  working.unsubscribe();
  await other.told('acquired');
  expect(holder.count('released')).toBe(1);
}
