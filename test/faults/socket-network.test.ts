import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { heldAndQueued, WAYS } from './support/queue-scene.js';
import { handOver, keepOn, LONG, TTL } from './support/scene.js';
import { socketRows, type SocketStage } from './support/socket-stage.js';

type Cut = readonly [title: string, cut: (stage: SocketStage) => unknown];

/** After these nothing is heard any more. */
const CUTS: readonly Cut[] = [
  ['blackhole, both ways', ({ wire }) => wire.blackhole()],
  ['blackhole, requests only', ({ wire }) => wire.blackhole('requests')],
  ['blackhole, replies only', ({ wire }) => wire.blackhole('replies')],
  ['connections reset, then refused', ({ wire }) => wire.refuse()],
  ['everything late by more than the ttl', ({ wire }) => wire.delay(2 * TTL)],
];

/** After these all is as before: the lock is the session's, and no connection's. */
const BREAKS: readonly Cut[] = [
  ['all connections reset', ({ wire }) => wire.reset()],
  ['reset that only the client saw', ({ wire }) => wire.sever('client')],
  ['reset that only the server saw', ({ wire }) => wire.sever('upstream')],
];

describe('rxlock serve on a bad network', () => {
  socketRows((row) => {
    for (const { way, isQueued } of WAYS) {
      for (const [title, cut] of CUTS) {
        row(`${title}, ${way}`, async (stage) => {
          const scene = await heldAndQueued(stage, { isQueued });
          await stage.strike(() => cut(stage));
          await handOver(scene);
          expect(scene.holder.count('uncertain')).toBeGreaterThan(0);
          expect(scene.holder.reasons).toEqual(['expired']);
        });
      }

      for (const [title, cut] of BREAKS) {
        row(`${title}, ${way}`, async (stage) => {
          const scene = await heldAndQueued(stage, { ttl: LONG, isQueued });
          await cut(stage);
          await keepOn(scene);
        });
      }
    }

    row('connections reset, again and again', async (stage) => {
      const scene = await heldAndQueued(stage, { ttl: LONG });
      for (let times = 1; times <= 20; times++) {
        stage.wire.reset();
        await sleep(7 * times);
      }
      await keepOn(scene);
    });

    row('blackhole that ends before the deadline', async (stage) => {
      const scene = await heldAndQueued(stage, { ttl: LONG });
      stage.wire.blackhole();
      await scene.holder.told('uncertain');
      await stage.wire.heal();
      await keepOn(scene);
    });

    row('an open connection on which nothing passes any more: another is made in time', async (stage) => {
      const scene = await heldAndQueued(stage, { ttl: LONG });
      const { opened } = stage.wire;
      stage.wire.silence('GET');
      await scene.holder.told('uncertain');
      await keepOn(scene);
      expect(stage.wire.opened).toBeGreaterThan(opened);
    });

    row('every answer late by a fifth of a second', async (stage) => {
      const scene = await heldAndQueued(stage, { ttl: LONG });
      stage.wire.delay(100);
      await keepOn(scene);
    });

    row('cut into single bytes, both ways', async (stage) => {
      stage.wire.crumble();
      const scene = await heldAndQueued(stage, { ttl: 2 * TTL }, stage.holder({ timeout: '5s' }));
      await sleep(3 * TTL);
      expect(scene.holder.count('lost')).toBe(0);
      await keepOn(scene);
      return 'held for more than a ttl';
    });
  });
});

describe('waiting for a lock of rxlock serve on a bad network', () => {
  socketRows((row) => {
    row('connections reset while it waits: it keeps its place in the queue', async (stage) => {
      const free = await stage.occupy();
      const holder = stage.holder();
      const working = holder.work(stage.name, LONG);
      await holder.told('waiting');
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('waiting');
      for (let times = 1; times <= 3; times++) {
        stage.wire.reset();
        await sleep(200);
      }
      await free();
      await holder.told('acquired');
      await keepOn({ holder, other, working });
    });

    row('the grant lost on its way: told after the next connection', async (stage) => {
      const free = await stage.occupy();
      const holder = stage.holder();
      const working = holder.work(stage.name, LONG);
      await holder.told('waiting');
      stage.wire.blackhole('replies');
      await free();
      await sleep(300);
      await stage.wire.heal();
      await holder.told('acquired');
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('waiting');
      await keepOn({ holder, other, working });
    });

    row('the grant lost on its way, and unsubscribed: given back', async (stage) => {
      const free = await stage.occupy();
      const holder = stage.holder();
      const working = holder.work(stage.name, '120s');
      await holder.told('waiting');
      // Something else is held, so that the session goes on.
      const held = holder.follow(`${stage.name}-too`, LONG);
      await held.told('acquired');
      stage.wire.blackhole('replies');
      await free();
      await sleep(100);
      working.unsubscribe();
      await stage.wire.heal();
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('acquired');
      expect(holder.count('acquired')).toBe(0);
      held.leave();
    });

    row('the answer to the release lost', async (stage) => {
      const holder = stage.holder();
      const working = holder.work(stage.name, '120s');
      await holder.told('value');
      stage.wire.blackhole('replies');
      working.unsubscribe();
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('acquired');
    });

    row('the release lost, and the connection healed: given back by the next', async (stage) => {
      const holder = stage.holder();
      const working = holder.work(stage.name, '120s');
      await holder.told('value');
      stage.wire.blackhole();
      working.unsubscribe();
      await sleep(200);
      await stage.wire.heal();
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('acquired');
    });

    row('who is next is dead: the one behind gets the lock', async (stage) => {
      const free = await stage.occupy();
      const holder = stage.holder();
      const working = holder.work(stage.name, TTL);
      await holder.told('waiting');
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('waiting');
      stage.wire.blackhole();
      await free();
      const since = Date.now();
      await other.told('acquired');
      const after = Date.now() - since;
      expect(holder.count('acquired')).toBe(0);
      working.unsubscribe();
      return `after ${String(after)} ms`;
    });
  });
});
