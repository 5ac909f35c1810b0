import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Lease } from '../../src/index.js';
import { sentinelRows } from './support/redis-rows.js';
import { heldAndQueued } from './support/queue-scene.js';
import { handOver, keepOn, LONG, TTL } from './support/scene.js';

/** What a busy machine may add to a bound. Milliseconds. */
const SLACK = 900;
/** A fail-over takes a second or two, and must end before the deadline. Milliseconds. */
const LONGER = 3 * LONG;

sentinelRows('a fail-over of redis', (row) => {
  row('killed, and the replica promoted, which knows of the lock', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONGER });
    const { sentinels } = stage.place;
    await sentinels.master.ask('WAIT', 1, 0);
    await sentinels.failOver();
    await keepOn(scene);
  });

  row('stopped, its replica promoted, and continued: the old master knows nothing of it', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONGER });
    const { sentinels } = stage.place;
    await sentinels.master.ask('WAIT', 1, 0);
    await stage.strike(() => sentinels.master.pause());
    await sentinels.promoted();
    sentinels.master.resume();
    await keepOn(scene);
  });

  row(
    'killed, and the replica promoted, which had heard nothing: it does not know of the lock',
    async (stage) => {
      await stage.place.sentinels.blind();
      const scene = await heldAndQueued(stage, { ttl: LONGER });
      await stage.strike(() => stage.place.sentinels.failOver());
      await handOver(scene);
      expect(scene.holder.reasons).toEqual(['refused']);
      return `at most ${String(LONGER / 3)} ms: the next renewal`;
    },
    { overhold: LONGER / 3 + SLACK },
  );

  row('a replica that hears nothing, and replicas: 1: nothing is granted', async (stage) => {
    await stage.place.sentinels.blind();
    const holder = stage.holder({ replicas: 1 });
    const working = holder.work(stage.name, LONG);
    await holder.told('waiting');
    await sleep(1500);
    expect(holder.count('acquired')).toBe(0);
    await stage.place.sentinels.sight();
    await holder.told('acquired');
    const other = stage.other();
    other.work(stage.name, TTL);
    await other.told('waiting');
    await stage.place.sentinels.failOver();
    await keepOn({ holder, other, working });
    return 'granted when the replica hears again';
  });

  row('tokens grow over a fail-over', async (stage) => {
    const holder = stage.holder();
    const before = await holder.locks.acquire(stage.name, TTL);
    const token = before.fencingToken;
    await before.release();
    await stage.place.sentinels.master.ask('WAIT', 1, 0);
    await stage.place.sentinels.failOver();
    const after: Lease = await holder.locks.acquire(stage.name, TTL);
    expect(after.fencingToken!).toBeGreaterThan(token);
    await after.release();
  });
});
