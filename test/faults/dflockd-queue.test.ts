import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../support/poll.js';
import { dflockdRows } from './support/dflockd-rows.js';
import type { Contender, DflockdStage } from './support/dflockd-stage.js';
import { PATIENCE } from './support/party.js';
import { TTL } from './support/scene.js';

/** Somebody has the lock, the holder-to-be waits for it over a bad way, and a third waits behind it. */
interface Line {
  readonly owner: Contender;
  readonly holder: Contender;
  /** Ends the owner's work: it gives the lock back. */
  readonly giveBack: () => void;
}

async function line(stage: DflockdStage): Promise<Line> {
  const owner = stage.other('owner');
  const working = owner.work(stage.name, TTL);
  await owner.told('value', 3);
  const giveBack = (): void => {
    working.unsubscribe();
  };
  return { owner, holder: stage.holder(), giveBack };
}

/** So many wait in the server's queue. The real one keeps those whose connection broke while they waited. */
async function queued(stage: DflockdStage, waiters: number): Promise<void> {
  const enough = async (): Promise<boolean> => ((await stage.lock())?.waiters ?? 0) >= waiters;
  await until(enough, `${String(waiters)} in the queue`, PATIENCE);
}

/** Gives it back, and sees the holder get it, hold it, and leave it to the next. */
async function served(stage: DflockdStage, { owner, holder, giveBack }: Line): Promise<void> {
  expect(owner.count('lost')).toBe(0);
  giveBack();
  await holder.told('acquired');
  await holder.told('renewed', 2);
  expect(holder.count('lost')).toBe(0);
  const next = stage.other('next');
  const waiting = next.work(stage.name, TTL);
  await next.told('waiting');
  await holder.locks.close();
  await next.told('acquired');
  waiting.unsubscribe();
}

dflockdRows('waiting for a lock of dflockd', (row) => {
  row('connections reset', async (stage) => {
    const scene = await line(stage);
    scene.holder.work(stage.name, TTL);
    await scene.holder.told('waiting');
    await queued(stage, 1);
    stage.wire.reset();
    await scene.holder.told('waiting', 3);
    await queued(stage, 1);
    await served(stage, scene);
    return 'queued again';
  });

  row('reset between enqueue and wait', async (stage) => {
    const scene = await line(stage);
    const wait = stage.wire.hold(`w\n${stage.name}`);
    scene.holder.work(stage.name, TTL);
    await wait.arrived;
    stage.wire.reset();
    await queued(stage, 1);
    await served(stage, scene);
    return 'queued again';
  });

  row('a reset between enqueue and wait that only the server saw', async (stage) => {
    const scene = await line(stage);
    const wait = stage.wire.hold(`w\n${stage.name}`);
    scene.holder.work(stage.name, TTL);
    await wait.arrived;
    stage.wire.sever('upstream', 'reset');
    wait.release();
    scene.giveBack();
    // The server has taken it out of the queue: somebody else is served.
    const next = stage.other('next');
    await next.follow(stage.name, TTL).told('acquired');
    expect(scene.holder.count('acquired')).toBe(0);
    return 'left behind until its connection ends';
  });

  row('broken in the middle of the wait', async (stage) => {
    const scene = await line(stage);
    const cut = stage.wire.cut(`w\n${stage.name}`, 'request', stage.name.length + 3);
    scene.holder.work(stage.name, TTL);
    await cut;
    await queued(stage, 1);
    await served(stage, scene);
    return 'queued again';
  });

  for (const bytes of [1, 2, 3]) {
    row(`broken after ${String(bytes)} bytes of the place in the queue`, async (stage) => {
      const scene = await line(stage);
      const cut = stage.wire.cut(`e\n${stage.name}`, 'reply', bytes);
      scene.holder.work(stage.name, TTL);
      await cut;
      await queued(stage, 1);
      await served(stage, scene);
      return 'queued again';
    });
  }

  for (const [title, bytes] of [
    ['before anything', 0],
    ['in the middle', 12],
    ['before the end', 37],
  ] as const) {
    row(`the grant broken ${title}`, async (stage) => {
      const { owner, holder, giveBack } = await line(stage);
      const cut = stage.wire.cut(`w\n${stage.name}`, 'reply', bytes);
      holder.work(stage.name, TTL);
      await holder.told('waiting');
      await queued(stage, 1);
      giveBack();
      await cut;
      await holder.told('acquired');
      await holder.told('renewed', 2);
      expect(owner.count('lost') + holder.count('lost')).toBe(0);
      return 'asked again';
    });
  }

  row('the grant lost in silence', async (stage) => {
    const { holder, giveBack } = await line(stage);
    const lost = stage.wire.loseReply(`w\n${stage.name}`, 'silence');
    holder.work(stage.name, TTL);
    await holder.told('waiting');
    await queued(stage, 1);
    giveBack();
    await lost;
    const next = stage.other('next');
    const since = Date.now();
    await next.follow(stage.name, TTL).told('acquired');
    expect(holder.count('acquired')).toBe(0);
    return `the next has it after ${String(Date.now() - since)} ms: its ttl`;
  });

  row('the grant late by more than its ttl, and taken by another meanwhile', async (stage) => {
    const { holder, giveBack } = await line(stage);
    stage.wire.delay(0);
    holder.work(stage.name, TTL);
    await holder.told('waiting');
    await queued(stage, 1);
    const next = stage.other('next');
    const nexts = next.work(stage.name, TTL);
    await queued(stage, 2);
    stage.wire.delay(1.3 * TTL);
    giveBack();
    await next.told('acquired');
    await sleep(TTL);
    // The grant has come, and its confirmation was refused.
    expect(holder.count('acquired')).toBe(0);
    expect(next.count('lost')).toBe(0);
    await stage.wire.heal();
    nexts.unsubscribe();
    await holder.told('acquired');
    return 'not announced';
  });

  row('blackholed, and reset later', async (stage) => {
    const scene = await line(stage);
    scene.holder.work(stage.name, TTL);
    await scene.holder.told('waiting');
    await queued(stage, 1);
    stage.wire.blackhole();
    scene.giveBack();
    const next = stage.other('next');
    const nexts = next.work(stage.name, TTL);
    await next.told('acquired');
    expect(scene.holder.count('acquired')).toBe(0);
    await stage.wire.heal();
    nexts.unsubscribe();
    await scene.holder.told('acquired');
    return 'passed over, and queued again';
  });

  row('left, and reset', async (stage) => {
    const { holder, giveBack } = await line(stage);
    const waiting = holder.work(stage.name, TTL);
    await holder.told('waiting');
    await queued(stage, 1);
    waiting.unsubscribe();
    stage.wire.reset();
    giveBack();
    const next = stage.other('next');
    await next.follow(stage.name, TTL).told('acquired');
    return 'nothing is left of it';
  });

  row('left, and granted later', async (stage) => {
    const { holder, giveBack } = await line(stage);
    const waiting = holder.work(stage.name, TTL);
    await holder.told('waiting');
    await queued(stage, 1);
    waiting.unsubscribe();
    const next = stage.other('next');
    const following = next.follow(stage.name, TTL);
    await queued(stage, 2);
    giveBack();
    const since = Date.now();
    await following.told('acquired');
    // Given back by who had left, and not run out.
    expect(Date.now() - since).toBeLessThan(TTL);
    expect(holder.count('acquired')).toBe(0);
    return 'given back unseen';
  });

  row(
    'server stopped and continued',
    async (stage) => {
      const scene = await line(stage);
      scene.holder.work(stage.name, TTL);
      await scene.holder.told('waiting');
      await queued(stage, 1);
      stage.server.pause();
      await scene.owner.told('lost');
      stage.server.resume();
      await scene.holder.told('acquired');
      await scene.holder.told('renewed', 2);
      expect(scene.holder.count('lost')).toBe(0);
      return 'the owner lost it, and it was the next';
    },
    { server: { apart: true } },
  );

  row(
    'server killed and started again',
    async (stage) => {
      const scene = await line(stage);
      scene.holder.work(stage.name, TTL);
      await scene.holder.told('waiting');
      await queued(stage, 1);
      await stage.server.restart();
      await scene.owner.told('lost');
      await scene.holder.told('acquired');
      await scene.holder.told('renewed', 2);
      return 'queued again';
    },
    { server: { apart: true } },
  );
});

dflockdRows('asking for a free lock of dflockd', (row) => {
  for (const how of ['reset', 'silence'] as const) {
    for (const isBeside of [false, true]) {
      const beside = isBeside ? ', beside another lock' : '';
      row(`the grant lost by ${how}: asked again${beside}`, async (stage) => {
        const holder = stage.holder();
        if (isBeside) await holder.follow(`${stage.name}-too`, '120s').told('acquired');
        const lost = stage.wire.loseReply(`l\n${stage.name}`, how);
        const working = holder.work(stage.name, TTL);
        await lost;
        await holder.told('acquired');
        const other = stage.other();
        other.work(stage.name, TTL);
        await other.told('waiting');
        await holder.told('renewed', 2);
        expect(stage.history.first('holder', 'lost')).toBeUndefined();
        working.unsubscribe();
        await other.told('acquired');
      });

      row(`the grant lost by ${how}, and unsubscribed${beside}`, async (stage) => {
        const holder = stage.holder();
        if (isBeside) await holder.follow(`${stage.name}-too`, '120s').told('acquired');
        const lost = stage.wire.loseReply(`l\n${stage.name}`, how);
        const working = holder.work(stage.name, TTL);
        await lost;
        working.unsubscribe();
        const other = stage.other();
        other.work(stage.name, TTL);
        await other.told('acquired');
        expect(holder.count('acquired')).toBe(0);
      });
    }
  }

  row('the release lost in silence', async (stage) => {
    const holder = stage.holder();
    const working = holder.work(stage.name, TTL);
    await holder.told('value', 3);
    const other = stage.other();
    other.work(stage.name, TTL);
    await other.told('waiting');
    stage.wire.blackhole('requests');
    working.unsubscribe();
    await other.told('acquired');
    expect(holder.count('released')).toBe(1);
    return 'it runs out';
  });

  row('the confirmation of the release lost by reset', async (stage) => {
    const holder = stage.holder();
    const lost = stage.wire.loseReply(`r\n${stage.name}`, 'reset');
    const working = holder.work(stage.name, TTL);
    await holder.told('value', 3);
    const other = stage.other();
    other.work(stage.name, TTL);
    await other.told('waiting');
    working.unsubscribe();
    await lost;
    await other.told('renewed', 2);
    expect(other.count('lost')).toBe(0);
    return 'no other is harmed';
  });
});
