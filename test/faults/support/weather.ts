import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultProxy } from '../../support/proxy.js';
import type { Chance } from '../../whole/properties/search/chance.js';

/** The longest that something is out of order. Milliseconds. */
const OUTAGE = 900;

/** A server to which anything may happen. */
export interface OutageServer {
  readonly port: number;
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  run(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A network that has one fault after the other, and is well in the end.
 *
 * @param calm For how long at most it is well between two. Milliseconds.
 */
export async function spoil(wire: FaultProxy, chance: Chance, isOver: () => boolean, calm = 1500): Promise<void> {
  while (!isOver()) {
    await sleep(chance.below(calm));
    const fault = chance.of(['reset', 'refuse', 'delay', 'blackhole'] as const);
    if (fault === 'reset') wire.reset();
    else if (fault === 'refuse') await wire.refuse();
    else if (fault === 'delay') wire.delay(chance.below(300));
    else wire.blackhole(chance.of(['both', 'requests', 'replies'] as const));
    await sleep(chance.below(OUTAGE));
    await wire.heal();
  }
}

/**
 * A server that is stopped again and again, and runs in the end.
 *
 * @param isDurable It is killed as well: it knows after that what it has granted before.
 */
export async function shake(
  server: OutageServer,
  isDurable: boolean,
  chance: Chance,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    await sleep(chance.below(6000));
    if (isDurable && chance.happens(0.5)) {
      await server.kill();
      await sleep(chance.below(OUTAGE));
      await server.run();
    } else {
      server.pause();
      await sleep(chance.below(OUTAGE));
      server.resume();
    }
  }
}
