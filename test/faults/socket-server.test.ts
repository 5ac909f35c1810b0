import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { heldAndQueued, WAYS } from './support/queue-scene.js';
import { handOver, keepOn, LONG, TTL } from './support/scene.js';
import { socketRows } from './support/socket-stage.js';
import { expectLossFirst, STANDSTILLS, standStill } from './support/standstill.js';

describe('a bad rxlock serve', () => {
  socketRows((row) => {
    for (const { way, isQueued } of WAYS) {
      for (const ttls of [2, 3]) {
        row(`stopped for ${String(ttls)} ttls and continued, ${way}`, async (stage) => {
          const scene = await heldAndQueued(stage, { isQueued });
          await stage.strike(() => stage.server.pause());
          await sleep(ttls * TTL);
          stage.server.resume();
          await handOver(scene);
          expect(scene.holder.reasons).toEqual(['expired']);
        });
      }

      row(`stopped, and continued before the deadline, ${way}`, async (stage) => {
        const scene = await heldAndQueued(stage, { ttl: LONG, isQueued });
        stage.server.pause();
        await scene.holder.told('uncertain');
        stage.server.resume();
        await keepOn(scene);
      });

      row(
        `killed and restarted at once, with its data, ${way}`,
        async (stage) => {
          const scene = await heldAndQueued(stage, { ttl: LONG, isQueued });
          await stage.server.restart();
          await keepOn(scene);
        },
        { isDurable: true },
      );

      row(
        `killed, and restarted after the deadline, with its data, ${way}`,
        async (stage) => {
          const scene = await heldAndQueued(stage, { isQueued });
          await stage.strike(() => stage.server.kill());
          await scene.holder.told('lost');
          await stage.server.run();
          await handOver(scene);
          expect(scene.holder.reasons).toEqual(['expired']);
        },
        { isDurable: true },
      );
    }

    row(
      'killed and restarted at once, without data: it grants nothing before all has run out',
      async (stage) => {
        const scene = await heldAndQueued(stage);
        await stage.strike(() => stage.server.restart());
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['session']);
      },
      { server: { opensAfter: TTL } },
    );

    row(
      'killed behind a blackhole, and restarted without data',
      async (stage) => {
        const scene = await heldAndQueued(stage);
        stage.wire.blackhole();
        await stage.strike(() => stage.server.restart());
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['expired']);
      },
      { server: { opensAfter: TTL } },
    );
  });
});

describe('a process that stands still while it holds a lock of rxlock serve', () => {
  socketRows((row) => {
    for (const way of STANDSTILLS) {
      row(`${way.title} for three ttls`, async (stage) => {
        const child = stage.child({ believes: 'at' });
        await child.said('value', 3);
        const other = stage.other();
        other.work(stage.name, TTL);
        await other.told('waiting');
        const asleep = await standStill(child, way, TTL, () => other.told('acquired'));
        await child.said('lost');
        expectLossFirst(child, asleep);
      });
    }

    row('killed while it holds', async (stage) => {
      const child = stage.child();
      await child.said('value', 3);
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('waiting');
      await stage.strike(() => child.kill());
      await other.told('acquired');
      return 'the other has it when it has run out';
    });
  });
});
