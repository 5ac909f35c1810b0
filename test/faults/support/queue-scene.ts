import type { Duration } from '../../../src/index.js';
import type { Party } from './party.js';
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

/** Where people queue. */
export interface QueueStage {
  readonly name: string;
  /** Takes the lock as nobody whom the table tells of, so that others queue. @returns What gives it back. */
  occupy(): Promise<() => Promise<void>>;
  /** A client to whom the fault happens. */
  holder(): Party;
  /** A client that nothing happens to. */
  other(): Party;
}

/** A scene where people queue. */
export interface QueueScene extends Scene {
  readonly holder: Party;
  readonly other: Party;
}

/** Somebody holds the lock and works, and another waits in the queue for it. */
export async function heldAndQueued(
  stage: QueueStage,
  { ttl = TTL, isQueued = false }: HeldOptions = {},
  holder = stage.holder(),
): Promise<QueueScene> {
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
