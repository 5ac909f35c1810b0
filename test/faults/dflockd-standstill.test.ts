import { expect } from 'vitest';
import type { Child } from './support/child.js';
import { dflockdRows } from './support/dflockd-rows.js';
import type { Contender, DflockdStage } from './support/dflockd-stage.js';
import { TTL } from './support/scene.js';
import { expectLossFirst, STANDSTILLS, standStill } from './support/standstill.js';

/** Of the server. Seconds. */
const READ = 2;
/** In a process of its own: what a holder's process does must not wait for this one. */
const APART = {} as const;

async function heldAndQueued(stage: DflockdStage, child: Child, isQueued = false): Promise<Contender> {
  if (!isQueued) await child.said('value', 3);
  const other = stage.other();
  other.work(stage.name, TTL);
  await other.told('waiting');
  return other;
}

dflockdRows('a process that stands still while it holds a lock of dflockd', (row) => {
  for (const way of STANDSTILLS) {
    row(
      `${way.title} for three ttls, taken at once`,
      async (stage) => {
        const child = stage.child({ believes: 'at' });
        const other = await heldAndQueued(stage, child);
        const asleep = await standStill(child, way, TTL, () => other.told('acquired'));
        await child.said('lost');
        expectLossFirst(child, asleep);
      },
      APART,
    );

    row(
      `${way.title} for three ttls, waited for`,
      async (stage) => {
        const free = await stage.occupy();
        const child = stage.child({ believes: 'at' });
        await child.said('waiting');
        await free();
        const other = await heldAndQueued(stage, child);
        const asleep = await standStill(child, way, TTL, () => other.told('acquired'));
        await child.said('lost');
        expectLossFirst(child, asleep);
      },
      APART,
    );

    row(
      `${way.title} for three read timeouts, under a lock of ten minutes`,
      async (stage) => {
        const child = stage.child({ believes: 'at', ttl: 600_000 });
        const other = await heldAndQueued(stage, child);
        const asleep = await standStill(child, way, READ * 1000, () => other.told('acquired'));
        await child.said('lost');
        expectLossFirst(child, asleep);
      },
      { server: { apart: true, readTimeout: READ } },
    );

    row(
      `${way.title} for three ttls, with a renewal under way`,
      async (stage) => {
        const child = stage.child({ believes: 'at', timeout: '60s' });
        await child.said('value', 3);
        const renewal = stage.wire.hold(`n\n${stage.name}`);
        const other = await heldAndQueued(stage, child);
        await renewal.arrived;
        const asleep = await standStill(child, way, TTL, () => {
          // Its confirmation is there when it wakes.
          renewal.release();
          return other.told('acquired');
        });
        await child.said('lost');
        expectLossFirst(child, asleep);
      },
      APART,
    );

    row(
      `${way.title} for three ttls, while it waits: the grant that it finds has run out`,
      async (stage) => {
        const free = await stage.occupy();
        const child = stage.child({ timeout: '60s' });
        await child.said('waiting');
        const other = await heldAndQueued(stage, child, true);
        await standStill(child, way, TTL, async () => {
          await free();
          await other.told('acquired');
        });
        // It queues again, behind who has it.
        await child.said('waiting', 3);
        expect(child.count('acquired')).toBe(0);
        await other.locks.close();
        await child.said('acquired');
      },
      APART,
    );
  }
});

dflockdRows('the clock of who holds a lock of dflockd', (row) => {
  for (const rate of [0.85, 1.25]) {
    for (const [title, ttl, server] of [
      ['ttl 6 s', 2 * TTL, { apart: true }],
      ['ten minutes, read timeout 2 s', 600_000, { apart: true, readTimeout: READ }],
    ] as const) {
      row(
        `at ${String(rate)} × the server's rate, ${title}, network gone`,
        async (stage) => {
          const child = stage.child({ rate, ttl, believes: 'at' });
          const other = await heldAndQueued(stage, child);
          await child.said('renewed', 2);
          await stage.strike(() => stage.wire.blackhole());
          await other.told('acquired');
          await child.said('lost');
          const first = child.lines[0]!;
          const last = child.lines.at(-1)!;
          expect((last.clock - first.clock) / (last.told - first.told)).toBeCloseTo(rate, 1);
        },
        { server },
      );

      row(
        `at ${String(rate)} × the server's rate, ${title}`,
        async (stage) => {
          const child = stage.child({ rate, ttl });
          const other = await heldAndQueued(stage, child);
          await child.said('renewed', 4);
          expect(child.count('lost')).toBe(0);
          await child.end();
          await other.told('acquired');
          return 'held on';
        },
        { server },
      );
    }
  }

  for (const [title, milliseconds] of [
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ] as const) {
    row(
      `wall clock stepped ${title} by an hour`,
      async (stage) => {
        const child = stage.child();
        const other = await heldAndQueued(stage, child);
        child.order({ do: 'step', milliseconds });
        if (milliseconds > 0) await child.said('lost');
        else await child.said('renewed', child.count('renewed') + 2);
        expect(child.count('lost')).toBe(milliseconds > 0 ? 1 : 0);
        await child.end();
        await other.told('acquired');
        return milliseconds > 0 ? 'ends early' : 'held on';
      },
      APART,
    );
  }
});
