import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { LockError } from '../../src/compat/dflockd/index.js';
import { until } from '../support/poll.js';
import { dflockdRows } from './support/dflockd-rows.js';
import { WAYS } from './support/queue-scene.js';
import type { Contender, DflockdStage } from './support/dflockd-stage.js';
import type { DropIn } from './support/drop-in.js';
import { PATIENCE } from './support/party.js';
import { TTL } from './support/scene.js';
import { STANDSTILLS, standStill } from './support/standstill.js';

const READ = 2;
/** The documented client's: it renews at 0.4 of its lease, and believes in 0.8 of it. */
const RENEWS = 0.4;
const SAFETY = 0.8;
/** What a busy machine may add to a bound. Milliseconds. */
const SLACK = 900;

interface Scene {
  readonly holder: DropIn;
  readonly other: Contender;
}

/** The drop-in holds it, and somebody with `lock$` waits for it. */
async function heldAndQueued(stage: DflockdStage, isQueued = false, leaseTtlS = TTL / 1000): Promise<Scene> {
  const free = isQueued ? await stage.occupy() : undefined;
  const holder = stage.dropIn({ leaseTtlS, acquireTimeoutS: 20 });
  const acquiring = holder.acquire();
  if (free !== undefined) {
    await until(async () => (await stage.lock())?.waiters === 1, 'the queue', PATIENCE);
    await free();
  }
  expect(await acquiring).toBe(true);
  const other = stage.other();
  other.work(stage.name, TTL);
  await other.told('waiting');
  return { holder, other };
}

/** It is told so once, and the next has it. */
async function handOver({ holder, other }: Scene): Promise<void> {
  const { token } = holder.lock;
  await holder.gone();
  expect(holder.lock.token).toBeNull();
  await other.told('acquired');
  await other.told('value', 3);
  expect(holder.lost).toHaveLength(1);
  if (token !== null) expect(holder.lost[0]?.[1]).toBe(token);
}

/** It is held for so long, and given back to the next. */
async function keepOn({ holder, other }: Scene, milliseconds: number): Promise<void> {
  const { token } = holder.lock;
  await sleep(milliseconds);
  expect(holder.lock.token).toBe(token);
  expect(holder.lost).toEqual([]);
  expect(other.count('acquired')).toBe(0);
  await holder.release();
  await other.told('acquired');
}

type Fault = readonly [title: string, fault: (stage: DflockdStage) => unknown];

const FAULTS: readonly Fault[] = [
  ['connections reset', ({ wire }) => wire.reset()],
  ['reset that only the client saw', ({ wire }) => wire.sever('client')],
  ['broken in the middle of a renewal', ({ wire, name }) => wire.cut(`n\n${name}`, 'request', name.length + 10)],
  ['broken in the middle of a confirmation', ({ wire, name }) => wire.cut(`n\n${name}`, 'reply', 2)],
  ['blackhole, both ways', ({ wire }) => wire.blackhole()],
  ['blackhole, requests only', ({ wire }) => wire.blackhole('requests')],
  ['blackhole, replies only', ({ wire }) => wire.blackhole('replies')],
  ['every answer late by more than half the lease', ({ wire }) => wire.delay(0.3 * TTL)],
];

dflockdRows('the documented client of dflockd', (row) => {
  for (const { way, isQueued } of WAYS) {
    for (const [title, fault] of FAULTS) {
      row(`${title}, ${way}`, async (stage) => {
        const scene = await heldAndQueued(stage, isQueued);
        await stage.strike(() => fault(stage));
        await handOver(scene);
      });
    }

    row(
      `a reset that only the server saw, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, isQueued);
        await stage.strike(() => stage.wire.sever('upstream'));
        await handOver(scene);
        return `at most ${String(SAFETY * TTL)} ms: 0.8 × its lease`;
      },
      { overhold: SAFETY * TTL + SLACK },
    );

    row(
      `a reset that only the server saw, and who says something is told, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, isQueued);
        await stage.strike(() => stage.wire.sever('upstream', 'reset'));
        await handOver(scene);
        return `at most ${String(RENEWS * TTL)} ms: the next renewal`;
      },
      { overhold: RENEWS * TTL + SLACK },
    );

    row(
      `a lease of ten minutes, and a blackhole, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, isQueued, 600);
        await stage.strike(() => stage.wire.blackhole());
        await handOver(scene);
      },
      { server: { readTimeout: READ } },
    );

    row(
      `a lease of ten minutes, held for four read timeouts, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, isQueued, 600);
        const { owner_conn_id: owner } = (await stage.lock())!;
        await sleep(2 * READ * 1000);
        const rival = await stage.server.connect();
        expect(await rival.ask('l', stage.name, '0 1')).toBe('timeout');
        expect(await stage.lock()).toMatchObject({ owner_conn_id: owner, waiters: 1 });
        await keepOn(scene, 2 * READ * 1000);
        return 'held on';
      },
      { server: { readTimeout: READ } },
    );

    row(`one confirmation swallowed, ${way}`, async (stage) => {
      const scene = await heldAndQueued(stage, isQueued, (2 * TTL) / 1000);
      await stage.wire.skipReply(`n\n${stage.name}`);
      await keepOn(scene, 3 * TTL);
      return 'held on';
    });

    row(`a late confirmation, and nothing after it, ${way}`, async (stage) => {
      const scene = await heldAndQueued(stage, isQueued);
      const { arrived, release } = stage.wire.hold(`n\n${stage.name}`, 'reply');
      await arrived;
      stage.wire.blackhole('requests');
      await sleep(0.3 * TTL);
      release();
      await handOver(scene);
    });

    row(
      `released by somebody else who knows its token, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, isQueued);
        const thief = await stage.server.connect();
        await stage.strike(() => thief.ask('r', stage.name, scene.holder.lock.token!));
        await handOver(scene);
        return `at most ${String(RENEWS * TTL)} ms: the next renewal`;
      },
      { overhold: RENEWS * TTL + SLACK },
    );

    row(
      `server stopped for two ttls and continued, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, isQueued);
        await stage.strike(() => stage.server.pause());
        await sleep(2 * TTL);
        stage.server.resume();
        await handOver(scene);
      },
      { server: { apart: true } },
    );

    row(
      `server killed and started again, ${way}`,
      async (stage) => {
        const scene = await heldAndQueued(stage, isQueued);
        await stage.strike(() => stage.server.restart());
        await handOver(scene);
        // The object can be used again.
        await scene.other.locks.close();
        expect(await scene.holder.acquire()).toBe(true);
        await scene.holder.release();
      },
      { server: { apart: true } },
    );
  }

  row('a late grant, and nothing after it', async (stage) => {
    const ttl = 2 * TTL;
    const holder = stage.dropIn({ leaseTtlS: ttl / 1000, socketTimeoutMs: 5000 });
    const grant = stage.wire.hold(`l\n${stage.name}`, 'reply');
    const acquiring = holder.acquire();
    await grant.arrived;
    stage.wire.blackhole('requests');
    const other = stage.other();
    other.work(stage.name, TTL);
    await sleep(0.3 * ttl);
    grant.release();
    expect(await acquiring).toBe(true);
    await handOver({ holder, other });
  });

  for (const [title, inTwo, text] of [
    ['in one step', false, 'l'],
    ['in two steps', true, 'w'],
  ] as const) {
    row(`a grant that comes when it has run out and another has it, ${title}`, async (stage) => {
      const free = await stage.occupy();
      const holder = stage.dropIn({ acquireTimeoutS: 30 });
      const grant = stage.wire.hold(`${text}\n${stage.name}`, 'reply');
      const acquiring = holder.acquire(inTwo).catch((error: unknown) => error);
      await until(async () => (await stage.lock())?.waiters === 1, 'the queue', PATIENCE);
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('waiting');
      await free();
      await grant.arrived;
      await other.told('value', 3);
      grant.release();
      expect(await acquiring).toBeInstanceOf(LockError);
      expect(holder.lock.token).toBeNull();
      await other.told('renewed', 2);
      expect(other.count('lost')).toBe(0);
      return 'not taken for a lock';
    });
  }

  for (const way of STANDSTILLS) {
    row(`${way.title} for three ttls`, async (stage) => {
      const child = stage.child({ backend: 'drop-in' });
      await child.said('value', 3);
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('waiting');
      const asleep = await standStill(child, way, TTL, () => other.told('acquired'));
      await child.said('gone');
      const [first, ...rest] = child.since(asleep);
      expect(first).toMatchObject({ type: 'gone', isHeld: false });
      await other.told('renewed', other.count('renewed') + 1);
      expect(rest.filter(({ type }) => type === 'value' || type === 'gone')).toEqual([]);
      return 'told first on waking, and no value after it';
    });
  }
});
