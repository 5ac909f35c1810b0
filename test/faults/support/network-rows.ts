import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { FaultProxy } from '../../support/proxy.js';
import { CUTS, type Cut } from './cuts.js';
import { heldAndQueued, WAYS, type QueueStage } from './queue-scene.js';
import type { DeclareRow } from './rows.js';
import { handOver, keepOn, LONG, TTL } from './scene.js';

interface NetworkStage extends QueueStage {
  strike(fault: () => unknown): Promise<void>;
}

/** What differs from service to service. */
export interface Network<S> {
  wireOf(stage: S): FaultProxy;
  /** After these all is as before, as the lock is no connection's. */
  readonly breaks: readonly Cut<S>[];
  /** Before the holder asks for a lock that a break is to happen to. */
  prepare?(stage: S): Promise<void>;
}

/** Rows of a bad network that are the same wherever people queue, and no connection has the lock. */
export function networkRows<S extends NetworkStage>(
  row: DeclareRow<S>,
  { wireOf, breaks, prepare = () => Promise.resolve() }: Network<S>,
): void {
  for (const { way, isQueued } of WAYS) {
    for (const [title, cut] of CUTS) {
      row(`${title}, ${way}`, async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await stage.strike(() => cut({ wire: wireOf(stage) }));
        await handOver(scene);
        expect(scene.holder.count('uncertain')).toBeGreaterThan(0);
        expect(scene.holder.reasons).toEqual(['expired']);
      });
    }

    for (const [title, cut] of breaks) {
      row(`${title}, ${way}`, async (stage) => {
        await prepare(stage);
        const scene = await heldAndQueued(stage, { ttl: LONG, isQueued });
        await cut(stage);
        await keepOn(scene);
      });
    }
  }

  row('blackhole that ends before the deadline', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONG });
    wireOf(stage).blackhole();
    await scene.holder.told('uncertain');
    await wireOf(stage).heal();
    await keepOn(scene);
  });

  row(
    'connections reset and refused, and accepted again before the deadline: nothing is given back meanwhile',
    async (stage) => {
      const holder = stage.holder();
      const second = `${stage.name}-second`;
      const kept = await holder.follow(second, LONG).told('acquired');
      const scene = await heldAndQueued(stage, { ttl: LONG }, holder);
      await wireOf(stage).refuse();
      await scene.holder.told('uncertain');
      await wireOf(stage).heal();
      await keepOn(scene);
      expect(kept.count('lost')).toBe(0);
      kept.leave();
    },
  );

  row('every answer late by a fifth of a second', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONG });
    wireOf(stage).delay(100);
    await keepOn(scene);
  });

  row('cut into single bytes, both ways', async (stage) => {
    wireOf(stage).crumble();
    const scene = await heldAndQueued(stage, { ttl: 2 * TTL }, stage.holder({ timeout: '5s' }));
    await sleep(3 * TTL);
    expect(scene.holder.count('lost')).toBe(0);
    await keepOn(scene);
    return 'held for more than a ttl';
  });
}
