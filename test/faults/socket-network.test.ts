import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import type { Cut } from './support/cuts.js';
import { networkRows } from './support/network-rows.js';
import { heldAndQueued } from './support/queue-scene.js';
import { keepOn, LONG, TTL } from './support/scene.js';
import { socketRows, type SocketStage } from './support/socket-stage.js';

/** After these all is as before: the lock is the session's, and no connection's. */
const BREAKS: readonly Cut<SocketStage>[] = [
  ['all connections reset', ({ wire }) => wire.reset()],
  ['reset that only the client saw', ({ wire }) => wire.sever('client')],
  ['reset that only the server saw', ({ wire }) => wire.sever('upstream')],
];

describe('rxlock serve on a bad network', () => {
  socketRows((row) => {
    networkRows(row, { wireOf: ({ wire }) => wire, breaks: BREAKS });

    row('connections reset, again and again', async (stage) => {
      const scene = await heldAndQueued(stage, { ttl: LONG });
      for (let times = 1; times <= 20; times++) {
        stage.wire.reset();
        await sleep(7 * times);
      }
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
