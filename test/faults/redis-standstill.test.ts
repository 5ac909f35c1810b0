import { expect } from 'vitest';
import type { Child } from './support/child.js';
import type { Party } from './support/party.js';
import { redisRows } from './support/redis-rows.js';
import { shaOf } from './support/redis-scripts.js';
import type { RedisStage } from './support/redis-stage.js';
import { TTL } from './support/scene.js';
import { expectLossFirst, STANDSTILLS, standStill } from './support/standstill.js';

async function heldAndQueued(stage: RedisStage, child: Child, isQueued = false): Promise<Party> {
  if (!isQueued) await child.said('value', 3);
  const other = stage.other();
  other.work(stage.name, TTL);
  await other.told('waiting');
  return other;
}

redisRows('a process that stands still while it holds a lock of redis', (row) => {
  for (const way of STANDSTILLS) {
    row(`${way.title} for three ttls, taken at once`, async (stage) => {
      const child = stage.child({ believes: 'at' });
      const other = await heldAndQueued(stage, child);
      const asleep = await standStill(child, way, TTL, () => other.told('acquired'));
      await child.said('lost');
      expectLossFirst(child, asleep);
    });

    row(`${way.title} for three ttls, waited for`, async (stage) => {
      const free = await stage.occupy();
      const child = stage.child({ believes: 'at' });
      await child.said('waiting');
      await free();
      const other = await heldAndQueued(stage, child);
      const asleep = await standStill(child, way, TTL, () => other.told('acquired'));
      await child.said('lost');
      expectLossFirst(child, asleep);
    });

    row(`${way.title} for three ttls, with a renewal under way`, async (stage) => {
      const child = stage.child({ believes: 'at', timeout: '60s' });
      await child.said('value', 3);
      const renewal = stage.place.wire.hold(shaOf('renew'), 'reply');
      const other = await heldAndQueued(stage, child);
      await renewal.arrived;
      const asleep = await standStill(child, way, TTL, () => {
        // Its confirmation is there when it wakes.
        renewal.release();
        return other.told('acquired');
      });
      await child.said('lost');
      expectLossFirst(child, asleep);
    });

    row(`${way.title} for three ttls, while it waits: another has the lock, and it queues again`, async (stage) => {
      const free = await stage.occupy();
      const child = stage.child({ timeout: '60s' });
      await child.said('waiting');
      const other = await heldAndQueued(stage, child, true);
      await standStill(child, way, TTL, async () => {
        await free();
        await other.told('acquired');
      });
      await other.told('renewed', other.count('renewed') + 1);
      expect(child.count('acquired')).toBe(0);
      await other.locks.close();
      await child.said('acquired');
    });
  }

  row('killed while it holds', async (stage) => {
    const child = stage.child();
    const other = await heldAndQueued(stage, child);
    await stage.strike(() => child.kill());
    await other.told('acquired');
    return 'the other has it when it has run out';
  });
});

redisRows('the clock of who holds a lock of redis', (row) => {
  for (const rate of [0.85, 1.25]) {
    row(`at ${String(rate)} × the server's rate, network gone`, async (stage) => {
      const child = stage.child({ rate, ttl: 2 * TTL, believes: 'at' });
      const other = await heldAndQueued(stage, child);
      await child.said('renewed', 2);
      await stage.strike(() => stage.place.wire.blackhole());
      await other.told('acquired');
      await child.said('lost');
    });

    row(`at ${String(rate)} × the server's rate`, async (stage) => {
      const child = stage.child({ rate, ttl: 2 * TTL });
      const other = await heldAndQueued(stage, child);
      await child.said('renewed', 4);
      expect(child.count('lost')).toBe(0);
      await child.end();
      await other.told('acquired');
      return 'held on';
    });
  }

  for (const [title, milliseconds] of [
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ] as const) {
    row(`wall clock stepped ${title} by an hour`, async (stage) => {
      const child = stage.child();
      const other = await heldAndQueued(stage, child);
      child.order({ do: 'step', milliseconds });
      if (milliseconds > 0) await child.said('lost');
      else await child.said('renewed', child.count('renewed') + 2);
      expect(child.count('lost')).toBe(milliseconds > 0 ? 1 : 0);
      await child.end();
      await other.told('acquired');
      return milliseconds > 0 ? 'ends early' : 'held on';
    });
  }
});
