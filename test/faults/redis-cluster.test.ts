import { expect } from 'vitest';
import { KeyNames } from '../../src/backends/redis/locks/key-names.js';
import type { ClusterRedis } from './support/redis-place.js';
import { clusterRows } from './support/redis-rows.js';
import { heldAndQueued, type QueueScene } from './support/queue-scene.js';
import type { RedisStage } from './support/redis-stage.js';
import { keepOn, LONG, TTL } from './support/scene.js';

/** A fail-over takes a second or two, and must end before the deadline. Milliseconds. */
const LONGER = 3 * LONG;

function mainKey({ name }: { readonly name: string }): string {
  return new KeyNames('rxlock:', undefined).main(name);
}

/** The lock is held on, though its slot is elsewhere now; given back, it is the other one's. */
async function stillHeld(stage: RedisStage<ClusterRedis>, scene: QueueScene): Promise<void> {
  expect(await stage.keys()).toContain(mainKey(stage));
  await keepOn(scene);
}

clusterRows('a redis Cluster', (row) => {
  row('the slot migrated while the lock is held', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONG });
    const { cluster } = stage.place;
    await cluster.migrateSlot(await cluster.slotOf(mainKey(stage)));
    await stillHeld(stage, scene);
  });

  row('the slot half migrated while the lock is held, renewed and waited for', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONG });
    const { cluster } = stage.place;
    const late = stage.other('late');
    await cluster.migrateSlot(await cluster.slotOf(mainKey(stage)), async () => {
      late.work(stage.name, TTL);
      await late.told('waiting');
      await scene.holder.told('renewed', scene.holder.count('renewed') + 1);
    });
    await stillHeld(stage, scene);
    expect(late.count('acquired')).toBe(0);
  });

  row('the master of the lock killed, its replica knows of it', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONGER });
    const { cluster } = stage.place;
    const key = mainKey(stage);
    await (await cluster.masterOf(key)).ask('WAIT', 1, 0);
    const killed = await cluster.killMasterOf(key);
    await cluster.takenOver(key, killed);
    await stillHeld(stage, scene);
  });

  row('another master silent, and none takes over', async (stage) => {
    const { cluster } = stage.place;
    for (const { admin } of cluster.nodes) {
      await admin.config('SET', 'cluster-replica-no-failover', 'yes');
      await admin.config('SET', 'cluster-require-full-coverage', 'no');
    }
    const scene = await heldAndQueued(stage, { ttl: LONG });
    const own = await cluster.masterOf(mainKey(stage));
    const silent = (await cluster.masters()).find((master) => master !== own)!;
    silent.pause();
    try {
      await scene.holder.told('renewed', scene.holder.count('renewed') + 2);
    } finally {
      silent.resume();
    }
    expect(scene.holder.count('uncertain')).toBe(0);
    await stillHeld(stage, scene);
  });

  row('another master killed', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONGER });
    const { cluster } = stage.place;
    const masters = await cluster.masters();
    const own = await cluster.masterOf(mainKey(stage));
    await masters.find((master) => master !== own)!.kill();
    await stillHeld(stage, scene);
  });
});
