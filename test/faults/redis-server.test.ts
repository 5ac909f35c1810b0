import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { LockCapacityError } from '../../src/index.js';
import { until } from '../support/poll.js';
import { PATIENCE } from './support/party.js';
import { redisRows, type RedisRowOptions } from './support/redis-rows.js';
import { heldAndQueued, WAYS } from './support/queue-scene.js';
import type { RedisStage } from './support/redis-stage.js';
import { handOver, keepOn, LONG, TTL } from './support/scene.js';

/** What a busy machine may add to a bound. Milliseconds. */
const SLACK = 900;
const KEEPS_DATA: RedisRowOptions = { server: { appendonly: true } };

/** Nothing is lost by these, and nobody has to wait for long. */
const HARMLESS: readonly (readonly [title: string, fault: (stage: RedisStage) => unknown])[] = [
  ['SCRIPT FLUSH', ({ place }) => place.server.ask('SCRIPT', 'FLUSH')],
  ['CLIENT KILL of everybody', ({ place }) => place.server.ask('CLIENT', 'KILL', 'TYPE', 'normal')],
  ['CLIENT KILL of subscribers', ({ place }) => place.server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')],
  ['CLIENT PAUSE for half a second', ({ place }) => place.server.ask('CLIENT', 'PAUSE', 500, 'ALL')],
  ['CLIENT PAUSE of writes for half a second', ({ place }) => place.server.ask('CLIENT', 'PAUSE', 500, 'WRITE')],
  ['kept busy for half a second', ({ place }) => place.server.ask('EVAL', SPIN, 0, 500_000)],
];
const SPIN = `
local function now() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end
local e = now() + ARGV[1]
while now() < e do end`;

redisRows('a bad redis', (row) => {
  for (const { way, isQueued } of WAYS) {
    for (const [title, fault] of HARMLESS) {
      row(`${title}, ${way}`, async (stage) => {
        const scene = await heldAndQueued(stage, { ttl: LONG, isQueued });
        await fault(stage);
        await keepOn(scene);
      });
    }

    row(`stopped for two ttls and continued, ${way}`, async (stage) => {
      const scene = await heldAndQueued(stage, { isQueued });
      await stage.strike(() => stage.place.server.pause());
      await sleep(2 * TTL);
      stage.place.server.resume();
      await handOver(scene);
      expect(scene.holder.reasons).toEqual(['expired']);
    });

    row(`stopped, and continued before the deadline, ${way}`, async (stage) => {
      const scene = await heldAndQueued(stage, { ttl: LONG, isQueued });
      stage.place.server.pause();
      await scene.holder.told('uncertain');
      stage.place.server.resume();
      await keepOn(scene);
    });

    row(`CLIENT PAUSE for two ttls, ${way}`, async (stage) => {
      const scene = await heldAndQueued(stage, { isQueued });
      await stage.strike(() => stage.place.server.ask('CLIENT', 'PAUSE', 2 * TTL, 'ALL'));
      await handOver(scene);
      expect(scene.holder.reasons).toEqual(['expired']);
    });

    row(
      `killed and restarted at once, with its data, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { ttl: LONG, isQueued });
        await stage.place.server.restart();
        await keepOn(scene);
      },
      KEEPS_DATA,
    );

    row(
      `killed, and restarted after the deadline, with its data, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await stage.strike(() => stage.place.server.kill());
        await scene.holder.told('lost');
        await stage.place.server.run();
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['expired']);
      },
      KEEPS_DATA,
    );

    row(
      `killed and restarted at once, empty: it has forgotten, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, { isQueued });
        await stage.strike(() => stage.place.server.restart());
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['refused']);
        return `at most ${String(TTL / 3)} ms: the next renewal`;
      },
      { overhold: TTL / 3 + SLACK },
    );
  }

  row(
    'killed behind a blackhole and restarted empty: the holder cannot know',
    async (stage) => {
      const scene = await heldAndQueued(stage);
      stage.place.wire.blackhole();
      await stage.strike(() => stage.place.server.restart());
      await handOver(scene);
      expect(scene.holder.reasons).toEqual(['expired']);
      return `at most ${String(0.8 * TTL)} ms: 0.8 × ttl`;
    },
    { overhold: 0.8 * TTL + SLACK },
  );

  row("killed behind a blackhole and restarted empty, coldStart: 'wait'", async (stage) => {
    const careful = { coldStart: 'wait', maxTtl: TTL } as const;
    const holder = stage.holder(careful);
    const working = holder.work(stage.name, TTL);
    await holder.told('value', 3);
    stage.place.wire.blackhole();
    const other = stage.other('other', careful);
    other.work(stage.name, TTL);
    await other.told('waiting');
    await stage.strike(() => stage.place.server.restart());
    await handOver({ holder, other, working });
    expect(holder.reasons).toEqual(['expired']);
  });

  row('no memory left: what is held is kept and given back, and no more is granted', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONG });
    const shared = scene.holder.follow(`${stage.name}-shared`, LONG, { mode: 'shared' });
    await shared.told('acquired');
    await stage.place.server.ask('CONFIG', 'SET', 'maxmemory', 1);
    const refused = scene.holder.follow(`${stage.name}-too`, TTL, { wait: false });
    await until(() => refused.error !== undefined, 'the refusal', PATIENCE);
    expect(refused.error).toBeInstanceOf(LockCapacityError);
    await scene.holder.told('renewed', 2);
    await shared.told('renewed', 2);
    expect(scene.holder.count('lost')).toBe(0);
    expect(scene.other.count('acquired')).toBe(0);
    scene.working.unsubscribe();
    shared.leave();
    const isFree = async (): Promise<boolean> =>
      (await stage.keys()).every((key) => !key.endsWith(':x') || !key.includes(stage.name));
    await until(isFree, 'a free lock', PATIENCE);
    await stage.place.server.ask('CONFIG', 'SET', 'maxmemory', 0);
    await scene.other.told('acquired');
  });

  row('a replica that is asked as if it were the master', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONG });
    // It follows somebody who is not there, and so accepts no write.
    await stage.place.server.ask('REPLICAOF', '127.0.0.1', '1');
    await scene.holder.told('uncertain');
    await stage.place.server.ask('REPLICAOF', 'NO', 'ONE');
    await keepOn(scene);
  });
});
