import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Child, ChildOptions } from './support/child.js';
import { dflockdRows } from './support/dflockd-rows.js';
import type { DflockdStage } from './support/dflockd-stage.js';
import { faultRows } from './support/fault-rows.js';
import type { DeclareRow } from './support/rows.js';
import { TTL } from './support/scene.js';
import type { Stage } from './support/stage.js';
import { expectLossFirst, STANDSTILLS, standStill } from './support/standstill.js';

type AnyStage = Stage | DflockdStage;

/** For a main thread that may stand still for long, the ttl is shorter. Milliseconds. */
const SHORT = 2000;

/** A holder whose backend runs in a worker, and one in another process who waits for its lock. */
async function heldAndWanted(stage: AnyStage, options: ChildOptions = {}) {
  const child = stage.child({ believes: 'at', stallLimit: '60s', ...options });
  await child.said('value', 3);
  const other = stage.other();
  other.work(stage.name, TTL);
  await other.told('waiting');
  // All that was started has come to rest.
  await child.said('renewed', 2);
  return { child, other };
}

/** Blocks its main thread, which looks all the while. Resolves when that is over. */
async function block(child: Child, milliseconds: number): Promise<void> {
  child.order({ do: 'block', milliseconds, look: true });
  await child.said('blocking');
}

async function expectKept(child: Child, other: Awaited<ReturnType<typeof heldAndWanted>>['other']): Promise<void> {
  await child.said('look');
  expect(child.lines.find(({ type }) => type === 'look')).toMatchObject({ isHeld: true });
  await child.said('value', child.count('value') + 3);
  await child.said('renewed', child.count('renewed') + 2);
  expect(child.count('lost')).toBe(0);
  expect(other.count('acquired')).toBe(0);
  await child.end();
  await other.told('acquired');
}

/** @param telling How long a word of the worker's death may take to the main thread. Milliseconds. */
function rows(row: DeclareRow<AnyStage>, telling: number): void {
  row('event loop blocked for 2.5 ttls: kept', async (stage) => {
    const { child, other } = await heldAndWanted(stage);
    await block(child, 2.5 * TTL);
    await expectKept(child, other);
    return 'held on';
  });

  row('event loop blocked for 20 ttls: kept', async (stage) => {
    const { child, other } = await heldAndWanted(stage, { ttl: SHORT });
    await block(child, 20 * SHORT);
    await expectKept(child, other);
    return 'held on';
  });

  row('event loop blocked again and again, with a turn between: kept', async (stage) => {
    const { child, other } = await heldAndWanted(stage);
    for (let i = 0; i < 4; i++) child.order({ do: 'block', milliseconds: 1.2 * TTL, look: true });
    await child.said('look', 4);
    await expectKept(child, other);
    return 'held on';
  });

  row('event loop blocked for ten ttls, stallLimit three: lost after that', async (stage) => {
    const { child, other } = await heldAndWanted(stage, { ttl: SHORT, stallLimit: '6s' });
    await block(child, 10 * SHORT);
    const since = Date.now();
    await other.told('acquired');
    const taken = Date.now() - since;
    expect(taken).toBeGreaterThan(3 * SHORT);
    expect(taken).toBeLessThan(6 * SHORT);
    // Whoever looks within the block is told as soon as it is so.
    await child.said('lost');
    expect(child.count('look')).toBe(0);
    await child.said('look');
    expect(child.lines.find(({ type }) => type === 'look')).toMatchObject({ isHeld: false });
    return `free after ${String(taken)} ms`;
  });

  row('event loop blocked for three ttls, network gone meanwhile: the first look says so', async (stage) => {
    const { child, other } = await heldAndWanted(stage);
    child.order({ do: 'block', milliseconds: 3 * TTL });
    await child.said('blocking');
    const since = Date.now();
    stage.wire.blackhole();
    await other.told('acquired');
    await sleep(Math.max(0, since + 3 * TTL - Date.now()));
    await child.said('lost');
    expectLossFirst(child, since + 2 * TTL);
  });

  row('SIGSTOP for three ttls', async (stage) => {
    const { child, other } = await heldAndWanted(stage);
    const asleep = await standStill(child, STANDSTILLS[0]!, TTL, () => other.told('acquired'));
    await child.said('lost');
    expectLossFirst(child, asleep);
  });

  row(
    'its worker killed',
    async (stage) => {
      const { child, other } = await heldAndWanted(stage);
      child.order({ do: 'kill-worker' });
      await child.said('lost');
      expect(child.lines.find(({ type }) => type === 'lost')?.cause).toMatch(/worker .* has ended/);
      await other.told('acquired');
      // Whoever looks knows it before the connections close, and so before anybody is told: nothing passes the gate any more.
      const { at } = stage.history.first('other', 'acquired')!;
      expect(child.since(at).filter(({ type }) => type === 'value')).toEqual([]);
    },
    { overhold: telling },
  );
}

faultRows('a backend in a worker, on OctoStore', (row) => {
  rows(row, 0);
});

dflockdRows('a backend in a worker, on dflockd', (row) => {
  // In a process of its own: what a holder's process does must not wait for this one.
  // It frees at once what a closed connection held.
  rows((title, play, options) => {
    row(title, play, { ...options, server: { apart: true } });
  }, 900);
});
