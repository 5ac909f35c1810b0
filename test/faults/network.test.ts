import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../support/poll.js';
import { CUTS } from './support/cuts.js';
import { faultRows } from './support/fault-rows.js';
import { PATIENCE } from './support/party.js';
import { handOver, heldAndWanted, keepOn, LONG, TTL } from './support/scene.js';

faultRows('a bad network', (row) => {
  for (const [title, cut] of CUTS) {
    row(title, async (stage) => {
      const scene = await heldAndWanted(stage);
      await cut(stage);
      await handOver(scene);
      expect(scene.holder.count('uncertain')).toBeGreaterThan(0);
    });
  }

  row('blackhole, both ways, and nobody looks at the lease', async (stage) => {
    const holder = stage.holder();
    // Without work, whose every value asks: only the timer of the deadline can tell.
    const { events } = await holder.follow(stage.name, TTL).told('acquired');
    const other = stage.other();
    other.work(stage.name, TTL);
    await other.told('waiting');
    stage.wire.blackhole();
    await other.told('acquired');
    await holder.told('lost');
    expect(events.at(-1)).toMatchObject({ type: 'lost', reason: 'expired' });
  });

  row('blackhole that ends before the deadline', async (stage) => {
    const scene = await heldAndWanted(stage, LONG);
    stage.wire.blackhole();
    await scene.holder.told('uncertain');
    await stage.wire.heal();
    await keepOn(scene);
  });

  row('all connections reset, once', async (stage) => {
    const scene = await heldAndWanted(stage, LONG);
    stage.wire.reset();
    await keepOn(scene);
  });

  row('all connections reset, each time that a renewal is under way', async (stage) => {
    const scene = await heldAndWanted(stage, LONG);
    for (let times = 1; times <= 3; times++) {
      const renewal = stage.http.hold('/renew');
      await renewal.arrived;
      stage.wire.reset();
      renewal.release();
      await scene.holder.told('uncertain', times);
    }
    await keepOn(scene);
  });

  row('cut into single bytes, both ways', async (stage) => {
    const ttl = 2 * TTL;
    stage.wire.crumble();
    const scene = await heldAndWanted(stage, ttl, { timeout: '5s' });
    const since = performance.now();
    await until(() => performance.now() - since > 3 * ttl, 'three ttls', PATIENCE);
    expect(scene.holder.count('lost')).toBe(0);
    await keepOn(scene);
    return 'held for three ttls and more';
  });

  row('a late confirmation, and nothing after it', async (stage) => {
    const { http } = stage;
    const scene = await heldAndWanted(stage, TTL, { timeout: '5s' });
    const renewal = http.hold('/renew', 'reply');
    await renewal.arrived;
    http.swallow('');
    // A deadline that counted from this reply would be later than the server's.
    await sleep(0.35 * TTL);
    renewal.release();
    await handOver(scene);
    expect(scene.holder.count('renewed')).toBeGreaterThan(0);
  });

  for (const how of ['reset', 'silence'] as const) {
    row(`the reply lost after the grant, by ${how}: asked again`, async (stage) => {
      const holder = stage.holder();
      const lost = stage.http.loseReply('/acquire', how);
      const working = holder.work(stage.name, LONG);
      await lost;
      const other = stage.other();
      other.work(stage.name, TTL);
      await holder.told('acquired');
      await keepOn({ holder, other, working });
    });

    row(`the reply lost after the grant, by ${how}, and unsubscribed`, async (stage) => {
      const holder = stage.holder();
      const lost = stage.http.loseReply('/acquire', how);
      const working = holder.work(stage.name, '120s');
      await lost;
      working.unsubscribe();
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('acquired');
      expect(holder.count('acquired')).toBe(0);
      return 'given back unseen';
    });
  }

  row('each reply lost after the grant, and unsubscribed', async (stage) => {
    const holder = stage.holder();
    const lost = [1, 2].map(() => stage.http.loseReply('/acquire', 'silence'));
    const working = holder.work(stage.name, '120s');
    await Promise.all(lost);
    working.unsubscribe();
    const other = stage.other();
    other.work(stage.name, TTL);
    await other.told('acquired');
    expect(holder.count('acquired')).toBe(0);
    return 'its session is ended';
  });

  row('each reply lost after the grant, and closed', async (stage) => {
    const holder = stage.holder();
    const lost = [1, 2].map(() => stage.http.loseReply('/acquire', 'silence'));
    holder.work(stage.name, '120s');
    await Promise.all(lost);
    const closing = holder.locks.close();
    const other = stage.other();
    other.work(stage.name, TTL);
    await other.told('acquired');
    await closing;
    expect(holder.count('acquired')).toBe(0);
    return "nobody's";
  });
});

faultRows('a bad server', (row) => {
  row('killed and restarted, out of reach meanwhile', async (stage) => {
    const scene = await heldAndWanted(stage);
    await stage.wire.refuse();
    await stage.server.restart();
    await handOver(scene);
  });

  row('killed and restarted at once', async (stage) => {
    const scene = await heldAndWanted(stage, LONG);
    await stage.server.restart();
    // The server keeps its locks in a database.
    await keepOn(scene);
  });

  row('killed, and restarted after the deadline', async (stage) => {
    const scene = await heldAndWanted(stage);
    await stage.server.kill();
    await scene.holder.told('lost');
    await stage.server.run();
    await handOver(scene);
  });

  row('stopped for two ttls and continued', async (stage) => {
    const scene = await heldAndWanted(stage);
    stage.server.pause();
    await sleep(2 * TTL);
    stage.server.resume();
    await handOver(scene);
  });

  row('stopped, and continued before the deadline', async (stage) => {
    const scene = await heldAndWanted(stage, LONG);
    stage.server.pause();
    await scene.holder.told('uncertain');
    stage.server.resume();
    await keepOn(scene);
  });
});
