import type { Duration } from '../../../src/index.js';
import type { Party } from './party.js';
import { TTL, type Scene } from './scene.js';

/** How the holder got the lock: it was free, or he waited for it in the queue (over a connection of its own, with dflockd). */
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

/** A client of any service. */
type AnyParty = Scene['holder'];

/** Where people queue. */
export interface QueueStage<P extends AnyParty = AnyParty> {
  readonly name: string;
  /** Takes the lock as nobody whom the table tells of, so that others queue. @returns What gives it back. */
  occupy(): Promise<() => Promise<void>>;
  /** A client to whom the fault happens. */
  holder(options?: { readonly timeout?: Duration }): P;
  /** A client that nothing happens to. */
  other(): P;
}

/** A scene where people queue. */
export interface QueueScene<P extends AnyParty = Party> extends Scene {
  readonly holder: P;
  readonly other: P;
}

/** Somebody holds the lock and works, and another waits in the queue for it. */
export async function heldAndQueued<P extends AnyParty>(
  stage: QueueStage<P>,
  { ttl = TTL, isQueued = false }: HeldOptions = {},
  holder = stage.holder(),
): Promise<QueueScene<P>> {
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
