import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { dflockdRows } from './support/dflockd-rows.js';
import { heldAndQueued, WAYS } from './support/queue-scene.js';
import { handOver, keepOn, LONG, TTL } from './support/scene.js';

const READ = 2;
/** In a process of its own, so that it can be stopped and killed. */
const APART = { server: { apart: true } } as const;

dflockdRows('a bad dflockd server', (row) => {
  for (const { way, isQueued } of WAYS) {
    row(
      `stopped for two ttls and continued, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await stage.strike(() => stage.server.pause());
        await sleep(2 * TTL);
        stage.server.resume();
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['expired']);
      },
      APART,
    );

    row(
      `stopped, and continued before the deadline, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { ttl: LONG, isQueued });
        stage.server.pause();
        await scene.holder.told('uncertain');
        stage.server.resume();
        await keepOn(scene);
      },
      APART,
    );

    row(
      `stopped for two read timeouts under a lock of ten minutes, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { ttl: '10m', isQueued });
        await stage.strike(() => stage.server.pause());
        await sleep(2 * READ * 1000);
        stage.server.resume();
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['expired']);
      },
      { server: { apart: true, readTimeout: READ } },
    );

    row(
      `killed, ${way}: lost at once, and the next has it from its successor`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await stage.strike(() => stage.server.restart());
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['connection']);
        // Whoever waited knows why it must ask again.
        expect(scene.other.count('waiting')).toBeGreaterThan(1);
      },
      APART,
    );

    row(
      `killed, ${way}, and started again after the ttl`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await stage.strike(() => stage.server.kill());
        await scene.holder.told('lost');
        await sleep(TTL);
        await stage.server.run();
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['connection']);
      },
      APART,
    );

    row(
      `killed behind a blackhole, ${way}: it has forgotten, and the holder cannot know`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        stage.wire.blackhole();
        // Its end is not told either.
        stage.wire.sever('upstream');
        await stage.strike(() => stage.server.restart());
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['expired']);
        return `at most ${String(0.8 * TTL)} ms: 0.8 × ttl`;
      },
      { ...APART, overhold: 0.8 * TTL + 900 },
    );
  }
});
