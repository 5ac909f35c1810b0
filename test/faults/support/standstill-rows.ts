import { expect } from 'vitest';
import type { FaultProxy } from '../../support/proxy.js';
import type { Child, ChildOptions } from './child.js';
import type { DeclareRow, RowOptions } from './rows.js';
import { TTL, type Scene } from './scene.js';
import { expectLossFirst, STANDSTILLS, standStill } from './standstill.js';

/** Where a holder has a process of its own, and others queue. */
export interface StandstillStage {
  readonly name: string;
  child(options?: ChildOptions): Child;
  other(): Scene['other'];
  occupy(): Promise<() => Promise<void>>;
  strike(fault: () => unknown): Promise<void>;
}

/** @returns One who queues for what the child holds. @param isQueued The child waits itself. */
export async function queuedBehind(stage: StandstillStage, child: Child, isQueued = false): Promise<Scene['other']> {
  if (!isQueued) await child.said('value', 3);
  const other = stage.other();
  other.work(stage.name, TTL);
  await other.told('waiting');
  return other;
}

/** @returns One who stood still while he waited, for three ttls, and another behind him who was granted the lock meanwhile. */
export async function overtaken(
  stage: StandstillStage,
  way: (typeof STANDSTILLS)[number],
): Promise<{ readonly child: Child; readonly other: Scene['other'] }> {
  const free = await stage.occupy();
  const child = stage.child({ timeout: '60s' });
  await child.said('waiting');
  const other = await queuedBehind(stage, child, true);
  await standStill(child, way, TTL, async () => {
    await free();
    await other.told('acquired');
  });
  return { child, other };
}

/** Rows of a process that stands still while it holds, the same wherever people queue. @param holdRenewal Keeps the next one on its way. */
export function standstillRows<S extends StandstillStage>(
  row: DeclareRow<S>,
  holdRenewal: (stage: S) => ReturnType<FaultProxy['hold']>,
): void {
  for (const way of STANDSTILLS) {
    row(`${way.title} for three ttls, taken at once`, async (stage) => {
      const child = stage.child({ believes: 'at' });
      const other = await queuedBehind(stage, child);
      const asleep = await standStill(child, way, TTL, () => other.told('acquired'));
      await child.said('lost');
      expectLossFirst(child, asleep);
    });

    row(`${way.title} for three ttls, waited for`, async (stage) => {
      const free = await stage.occupy();
      const child = stage.child({ believes: 'at' });
      await child.said('waiting');
      await free();
      const other = await queuedBehind(stage, child);
      const asleep = await standStill(child, way, TTL, () => other.told('acquired'));
      await child.said('lost');
      expectLossFirst(child, asleep);
    });

    row(`${way.title} for three ttls, with a renewal under way`, async (stage) => {
      const child = stage.child({ believes: 'at', timeout: '60s' });
      await child.said('value', 3);
      const renewal = holdRenewal(stage);
      const other = await queuedBehind(stage, child);
      await renewal.arrived;
      const asleep = await standStill(child, way, TTL, () => {
        // Its confirmation is there when it wakes.
        renewal.release();
        return other.told('acquired');
      });
      await child.said('lost');
      expectLossFirst(child, asleep);
    });
  }
}

/** How long a lock lives, and on what server. */
export interface Lived<O> {
  /** What the title tells of it. */
  readonly title: string;
  readonly ttl: number;
  readonly options?: O;
}

/** Rows of a process whose clock runs at another rate, or is stepped. */
export function clockRows<S extends StandstillStage, O extends RowOptions>(
  row: DeclareRow<S, O>,
  wireOf: (stage: S) => FaultProxy,
  lives: readonly Lived<O>[],
): void {
  for (const rate of [0.85, 1.25]) {
    for (const { title, ttl, options } of lives) {
      row(
        `at ${String(rate)} × the server's rate${title}, network gone`,
        async (stage) => {
          const child = stage.child({ rate, ttl, believes: 'at' });
          const other = await queuedBehind(stage, child);
          await child.said('renewed', 2);
          await stage.strike(() => wireOf(stage).blackhole());
          await other.told('acquired');
          await child.said('lost');
          const first = child.lines[0]!;
          const last = child.lines.at(-1)!;
          expect((last.clock - first.clock) / (last.told - first.told)).toBeCloseTo(rate, 1);
        },
        options,
      );

      row(
        `at ${String(rate)} × the server's rate${title}`,
        async (stage) => {
          const child = stage.child({ rate, ttl });
          const other = await queuedBehind(stage, child);
          await child.said('renewed', 4);
          expect(child.count('lost')).toBe(0);
          await child.end();
          await other.told('acquired');
          return 'held on';
        },
        options,
      );
    }
  }

  for (const [title, milliseconds] of [
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ] as const) {
    row(`wall clock stepped ${title} by an hour`, async (stage) => {
      const child = stage.child();
      const other = await queuedBehind(stage, child);
      child.order({ do: 'step', milliseconds });
      if (milliseconds > 0) await child.said('lost');
      else await child.said('renewed', child.count('renewed') + 2);
      expect(child.count('lost')).toBe(milliseconds > 0 ? 1 : 0);
      await child.end();
      await other.told('acquired');
      return milliseconds > 0 ? 'ends early' : 'held on';
    });
  }
}
