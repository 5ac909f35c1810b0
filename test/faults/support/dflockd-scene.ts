import type { Duration } from '../../../src/index.js';
import type { DflockdStage } from './dflockd-stage.js';
import { TTL, type Scene } from './scene.js';

/** How the holder got the lock: over the connection that all its locks share, or over one of its own, on which it waited. */
export const WAYS = [
  { way: 'taken at once', isQueued: false },
  { way: 'waited for', isQueued: true },
] as const;

export interface HeldOptions {
  /** Milliseconds by default. */
  readonly ttl?: Duration;
  /** Had the holder to wait? */
  readonly isQueued?: boolean;
}

/** Somebody holds the lock and works, and another waits in the queue for it. */
export async function heldAndQueued(
  stage: DflockdStage,
  { ttl = TTL, isQueued = false }: HeldOptions = {},
): Promise<Scene> {
  const free = isQueued ? await stage.occupy() : undefined;
  const holder = stage.holder();
  const working = holder.work(stage.name, ttl);
  if (free !== undefined) {
    await holder.told('waiting');
    await free();
  }
  await holder.told('value', 3);
  const other = stage.other();
  other.work(stage.name, TTL);
  await other.told('waiting');
  return { holder, other, working };
}
