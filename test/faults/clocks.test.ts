import { expect } from 'vitest';
import type { Child } from './support/child.js';
import { faultRows } from './support/fault-rows.js';
import type { Party } from './support/party.js';
import { TTL } from './support/scene.js';
import type { Stage } from './support/stage.js';

const HOUR = 3_600_000;

async function heldAndWanted(stage: Stage, child: Child): Promise<Party> {
  await child.said('value', 3);
  const other = stage.other();
  other.work(stage.name, TTL);
  await other.told('waiting');
  return other;
}

/** Its own clock went at this rate, while real time went at 1. */
function expectRate(child: Child, rate: number): void {
  const first = child.lines[0]!;
  const last = child.lines.at(-1)!;
  expect((last.clock - first.clock) / (last.told - first.told)).toBeCloseTo(rate, 1);
}

faultRows("the holder's clock", (row) => {
  for (const milliseconds of [HOUR, TTL / 4]) {
    row(`wall clock stepped forward by ${String(milliseconds / 1000)} s, network gone`, async (stage) => {
      const child = stage.child();
      const other = await heldAndWanted(stage, child);
      stage.wire.blackhole();
      await child.said('uncertain');
      child.order({ do: 'step', milliseconds });
      await other.told('acquired');
      await child.said('lost');
    });

    row(`wall clock stepped back by ${String(milliseconds / 1000)} s, network gone`, async (stage) => {
      const child = stage.child();
      const other = await heldAndWanted(stage, child);
      child.order({ do: 'step', milliseconds: -milliseconds });
      await child.said('renewed', child.count('renewed') + 2);
      expect(child.count('lost')).toBe(0);
      stage.wire.blackhole();
      await child.said('uncertain');
      child.order({ do: 'step', milliseconds: -milliseconds });
      await other.told('acquired');
      await child.said('lost');
    });
  }

  row('wall clock stepped forward by an hour', async (stage) => {
    const child = stage.child();
    const other = await heldAndWanted(stage, child);
    child.order({ do: 'step', milliseconds: HOUR });
    await child.said('lost');
    await other.told('acquired');
    return 'ends early';
  });

  for (const rate of [0.85, 1.25]) {
    row(`at ${String(rate)} × the server's rate, network gone`, async (stage) => {
      // What is left of 0.8 × ttl is short at the slower rate.
      const child = stage.child({ rate, ttl: 2 * TTL, believes: 'at' });
      const other = await heldAndWanted(stage, child);
      await child.said('renewed', 2);
      stage.wire.blackhole();
      await other.told('acquired');
      await child.said('lost');
      expectRate(child, rate);
    });
  }

  for (const [title, milliseconds] of [
    ['forward', HOUR],
    ['back', -HOUR],
  ] as const) {
    row(`wall clock stepped ${title} by an hour, embedded backend`, async (stage) => {
      const child = stage.child({ backend: 'memory', ttl: 1000 });
      await child.said('value', 3);
      child.order({ do: 'contend' });
      await child.said('waiting', 1, 'other');
      child.order({ do: 'step', milliseconds });
      if (milliseconds > 0) await child.said('acquired', 1, 'other');
      else await child.said('renewed', 6);
      expect(child.count('lost')).toBe(milliseconds > 0 ? 1 : 0);
      return milliseconds > 0 ? 'ends early' : 'held on';
    });
  }
});
