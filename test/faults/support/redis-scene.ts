import type { Duration } from '../../../src/index.js';
import type { Party } from './party.js';
import type { RedisPlace } from './redis-place.js';
import type { RedisStage } from './redis-stage.js';
import { TTL, type Scene } from './scene.js';

/** How the holder got the lock: it was free, or he waited for it in the queue. */
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

/** A scene on a Redis. */
export interface RedisScene extends Scene {
  readonly holder: Party;
  readonly other: Party;
}

/** Somebody holds the lock and works, and another waits in the queue for it. */
export async function heldAndQueued<P extends RedisPlace>(
  stage: RedisStage<P>,
  { ttl = TTL, isQueued = false }: HeldOptions = {},
  holder = stage.holder(),
): Promise<RedisScene> {
  const free = isQueued ? await stage.occupy() : undefined;
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
