import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../support/poll.js';
import { CUTS, type Cut } from './support/cuts.js';
import { networkRows } from './support/network-rows.js';
import { PATIENCE } from './support/party.js';
import { redisRows } from './support/redis-rows.js';
import { shaOf } from './support/redis-scripts.js';
import { heldAndQueued, WAYS } from './support/queue-scene.js';
import type { RedisStage } from './support/redis-stage.js';
import { handOver, keepOn, LONG, TTL } from './support/scene.js';

/** After these all is as before: the lock is Redis's, and no connection's. */
const BREAKS: readonly Cut<RedisStage>[] = [
  ['all connections reset', ({ place }) => place.wire.reset()],
  ['reset that only the client saw', ({ place }) => place.wire.sever('client')],
  ['reset that only the server saw', ({ place }) => place.wire.sever('upstream')],
  ['broken in the middle of a renewal', ({ place }) => place.wire.cut(shaOf('renew'), 'request', 60)],
  ['broken in the middle of a confirmation', ({ place }) => place.wire.cut(shaOf('renew'), 'reply', 4)],
  ['a confirmation swallowed', ({ place }) => place.wire.skipReply(shaOf('renew'))],
];

redisRows('redis on a bad network', (row) => {
  networkRows(row, {
    wireOf: ({ place }) => place.wire,
    breaks: BREAKS,
    prepare: (stage) => stage.warm(),
  });

  for (const { way, isQueued } of WAYS) {
    row(`a late confirmation, and nothing after it, ${way}`, async (stage) => {
      await stage.warm();
      const scene = await heldAndQueued(stage, { isQueued }, stage.holder({ timeout: '5s' }));
      const { arrived, release } = stage.place.wire.hold(shaOf('renew'), 'reply');
      await arrived;
      stage.place.wire.blackhole('requests');
      // A deadline that counted from this answer would be later than the server's.
      await sleep(0.3 * TTL);
      release();
      await handOver(scene);
      expect(scene.holder.count('renewed')).toBeGreaterThan(0);
    });
  }

  row('connections reset, each time that a renewal is under way', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONG });
    for (let times = 1; times <= 3; times++) {
      const renewal = stage.place.wire.hold(shaOf('renew'));
      await renewal.arrived;
      stage.place.wire.reset();
      renewal.release();
      await scene.holder.told('uncertain', times);
    }
    await keepOn(scene);
  });
});

redisRows('redis through node-redis on a bad network', (row) => {
  for (const [title, cut] of CUTS) {
    row(
      title,
      async (stage) => {
        const scene = await heldAndQueued(stage);
        await stage.strike(() => cut(stage.place));
        await handOver(scene);
        expect(scene.holder.reasons).toEqual(['expired']);
      },
      { client: 'node-redis' },
    );
  }

  for (const [title, cut] of BREAKS) {
    row(
      title,
      async (stage) => {
        await stage.warm();
        const scene = await heldAndQueued(stage, { ttl: LONG, isQueued: true });
        await cut(stage);
        await keepOn(scene);
      },
      { client: 'node-redis' },
    );
  }
});

redisRows('a grant of redis on a bad network', (row) => {
  for (const how of ['reset', 'silence'] as const) {
    row(`the reply lost after the grant, by ${how}: asked again`, async (stage) => {
      await stage.warm();
      const holder = stage.holder();
      const lost = stage.place.wire.loseReply(shaOf('acquire'), how);
      const working = holder.work(stage.name, LONG);
      await lost;
      await holder.told('acquired');
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('waiting');
      await keepOn({ holder, other, working });
    });

    row(`the reply lost after the grant, by ${how}, and unsubscribed`, async (stage) => {
      await stage.warm();
      const holder = stage.holder();
      const lost = stage.place.wire.loseReply(shaOf('acquire'), how);
      const working = holder.work(stage.name, '120s');
      await lost;
      working.unsubscribe();
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('acquired');
      expect(holder.count('acquired')).toBe(0);
      return 'given back unseen';
    });

    row(`the reply lost after the grant, by ${how}, and closed`, async (stage) => {
      await stage.warm();
      const holder = stage.holder();
      const lost = stage.place.wire.loseReply(shaOf('acquire'), how);
      holder.work(stage.name, 2 * TTL);
      await lost;
      const closing = holder.locks.close();
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('acquired');
      await closing;
      expect(holder.count('acquired')).toBe(0);
    });

    row(`the place in the queue lost on its way, by ${how}`, async (stage) => {
      await stage.warm();
      const free = await stage.occupy();
      const holder = stage.holder();
      const lost = stage.place.wire.loseReply(shaOf('enter'), how);
      const working = holder.work(stage.name, LONG);
      await lost;
      await free();
      await holder.told('acquired');
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('waiting');
      await keepOn({ holder, other, working });
    });

    row(`the answer to the release lost, by ${how}`, async (stage) => {
      await stage.warm();
      const holder = stage.holder();
      const working = holder.work(stage.name, '120s');
      await holder.told('value');
      const lost = stage.place.wire.loseReply(shaOf('letGo'), how);
      working.unsubscribe();
      await lost;
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('acquired');
    });
  }

  row('a request that waits on its way for longer than its caller: nobody gets the lock by it', async (stage) => {
    await stage.warm();
    const holder = stage.holder();
    const request = stage.place.wire.hold(shaOf('acquire'));
    const working = holder.work(stage.name, '120s');
    await request.arrived;
    await holder.told('waiting');
    working.unsubscribe();
    await sleep(1500);
    request.release();
    await sleep(200);
    expect((await stage.keys()).filter((key) => key.includes(stage.name))).toEqual([]);
    const other = stage.other();
    other.work(stage.name, TTL);
    await other.told('acquired');
    expect(holder.count('acquired')).toBe(0);
  });
});

redisRows('waiting for a lock of redis', (row) => {
  row('the connections of subscribers killed, each time, and the lock given back meanwhile', async (stage) => {
    const scene = await heldAndQueued(stage, { ttl: LONG });
    for (let times = 1; times <= 3; times++) await stage.place.server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await keepOn(scene);
  });

  row(
    'no message passes: the lock is found by asking',
    async (stage) => {
      const free = await stage.occupy();
      const holder = stage.holder();
      const working = holder.work(stage.name, LONG);
      await holder.told('waiting');
      // Redis tells nobody of this user anything any more.
      await stage.place.server.ask('ACL', 'SETUSER', 'default', 'resetchannels');
      await stage.strike(free);
      await holder.told('acquired');
      await stage.place.server.ask('ACL', 'SETUSER', 'default', 'allchannels');
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('waiting');
      await keepOn({ holder, other, working });
    },
    { server: {} },
  );

  for (const client of ['ioredis', 'node-redis'] as const) {
    row(
      `the connection for messages is silent, and open, ${client}: another one is made`,
      async (stage) => {
        const free = await stage.occupy();
        const holder = stage.holder();
        const working = holder.work(stage.name, LONG);
        await holder.told('waiting');
        const { server, wire } = stage.place;
        const listening = async (): Promise<number> =>
          String(await server.ask('CLIENT', 'LIST', 'TYPE', 'pubsub')).split('id=').length - 1;
        expect(await listening()).toBe(1);
        wire.silence('subscribe');
        await until(async () => (await listening()) === 2, 'another connection', PATIENCE);
        await free();
        await holder.told('acquired');
        const other = stage.other();
        other.work(stage.name, TTL);
        await other.told('waiting');
        await keepOn({ holder, other, working });
      },
      { client },
    );
  }

  row('who is next is dead: the one behind gets the lock', async (stage) => {
    const free = await stage.occupy();
    const holder = stage.holder();
    const working = holder.work(stage.name, TTL);
    await holder.told('waiting');
    const other = stage.other();
    other.work(stage.name, TTL);
    await other.told('waiting');
    stage.place.wire.blackhole();
    await free();
    const since = Date.now();
    await other.told('acquired');
    const after = Date.now() - since;
    expect(holder.count('acquired')).toBe(0);
    working.unsubscribe();
    return `after ${String(after)} ms`;
  });

  row('who is next is taken for dead, and lives: he queues again', async (stage) => {
    const free = await stage.occupy();
    const holder = stage.holder();
    const working = holder.work(stage.name, LONG);
    await holder.told('waiting');
    stage.place.wire.blackhole();
    const other = stage.other();
    const others = other.work(stage.name, LONG);
    await other.told('waiting');
    await free();
    await other.told('acquired');
    await stage.place.wire.heal();
    others.unsubscribe();
    await holder.told('acquired');
    const next = stage.other('next');
    next.work(stage.name, TTL);
    await next.told('waiting');
    await keepOn({ holder, other: next, working });
  });

  for (const client of ['ioredis', 'node-redis'] as const) {
    row(
      `connections reset while it waits, ${client}: its place is still its own`,
      async (stage) => {
        const free = await stage.occupy();
        const holder = stage.holder();
        const working = holder.work(stage.name, LONG);
        await holder.told('waiting');
        const other = stage.other();
        other.work(stage.name, TTL);
        await other.told('waiting');
        const { server, wire } = stage.place;
        const { opened } = wire;
        wire.reset();
        const isHeard = async (): Promise<boolean> =>
          wire.opened >= opened + 2 && ((await server.ask('PUBSUB', 'CHANNELS')) as readonly string[]).length === 2;
        await until(isHeard, 'both subscriptions', PATIENCE);
        await free();
        await holder.told('acquired');
        expect(other.count('acquired')).toBe(0);
        await keepOn({ holder, other, working });
      },
      { client },
    );
  }
});
