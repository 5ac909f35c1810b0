import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Child } from './child.js';
import { faultRows } from './fault-rows.js';
import { TTL } from './scene.js';

/** On the embedded backend a lock may be as short. */
const SHORT = 1000;

/** How a process comes to stand still, and goes on. */
interface Standstill {
  readonly title: string;
  /** Resolves when it stands still. */
  begin(child: Child, milliseconds: number): Promise<void>;
  end(child: Child): void;
}

const WAYS: readonly Standstill[] = [
  {
    title: 'SIGSTOP',
    begin: (child) => Promise.resolve(child.stop()),
    end: (child) => child.continue(),
  },
  {
    title: 'event loop blocked',
    begin: async (child, milliseconds) => {
      child.order({ do: 'block', milliseconds });
      await child.said('blocking');
    },
    // It comes back by itself.
    end: () => undefined,
  },
];

/**
 * Lets it stand still for three ttls. Resolves when that is over.
 *
 * @param meanwhile What happens in that time.
 * @returns A moment at which it had stood still for two ttls. Epoch milliseconds.
 */
async function standStill(
  child: Child,
  way: Standstill,
  ttl: number,
  meanwhile: () => Promise<unknown>,
): Promise<number> {
  await way.begin(child, 3 * ttl);
  const since = Date.now();
  await meanwhile();
  await sleep(Math.max(0, since + 3 * ttl - Date.now()));
  way.end(child);
  return since + 2 * ttl;
}

/** What it says when it is awake again: first of all, that the lock is lost; and no value has passed. */
function expectLossFirst(child: Child, asleep: number): void {
  const [first, ...rest] = child.since(asleep).filter(({ who }) => who === 'holder');
  expect(first).toMatchObject({ type: 'lost', isHeld: false });
  expect(rest.filter(({ type }) => type === 'value')).toEqual([]);
  // Stamped with its deadline, however late it is told.
  expect(first!.at).toBeLessThan(asleep);
}

/** Who was granted and who lost, in the order in which they were told. */
function orderOf(child: Child): readonly string[] {
  return child.lines
    .filter(({ type }) => type === 'lost' || type === 'acquired')
    .map(({ who, type }) => `${who} ${type}`);
}

faultRows('a process that stands still for three ttls', (row) => {
  for (const way of WAYS) {
    row(`${way.title}, while it holds`, async (stage) => {
      const child = stage.child({ believes: 'at' });
      await child.said('value', 3);
      const other = stage.other();
      other.work(stage.name, TTL);
      await other.told('waiting');
      const asleep = await standStill(child, way, TTL, () => other.told('acquired'));
      await child.said('lost');
      expectLossFirst(child, asleep);
    });

    row(`${way.title}, with a renewal under way`, async (stage) => {
      const child = stage.child({ believes: 'at', timeout: '60s' });
      await child.said('value', 3);
      const renewal = stage.http.hold('/renew', 'reply');
      const other = stage.other();
      other.work(stage.name, TTL);
      await renewal.arrived;
      const asleep = await standStill(child, way, TTL, () => {
        // Its confirmation is there when it wakes.
        renewal.release();
        return other.told('acquired');
      });
      await child.said('lost');
      expectLossFirst(child, asleep);
    });

    row(`${way.title}, with a grant on its way`, async (stage) => {
      const grant = stage.http.hold('/acquire', 'reply');
      // It shall still be waited for when it is read.
      const child = stage.child({ timeout: '60s' });
      await grant.arrived;
      const other = stage.other();
      const working = other.work(stage.name, TTL);
      await standStill(child, way, TTL, () => {
        grant.release();
        return other.told('acquired');
      });
      await child.said('waiting');
      // The grant that it finds is another's by now.
      expect(child.count('acquired')).toBe(0);
      working.unsubscribe();
      await child.said('acquired');
    });

    row(`${way.title}, embedded backend`, async (stage) => {
      const child = stage.child({ backend: 'memory', ttl: SHORT, believes: 'at' });
      await child.said('value', 3);
      child.order({ do: 'contend' });
      await child.said('waiting', 1, 'other');
      const asleep = await standStill(child, way, SHORT, () => Promise.resolve());
      await child.said('acquired', 1, 'other');
      expectLossFirst(child, asleep);
      expect(orderOf(child)).toEqual(['holder acquired', 'holder lost', 'other acquired']);
    });
  }

  row('event loop blocked, and asked for before any timer, embedded backend', async (stage) => {
    const child = stage.child({ backend: 'memory', ttl: SHORT, believes: 'at' });
    await child.said('value', 3);
    child.order({ do: 'contend' });
    await child.said('waiting', 1, 'other');
    child.order({ do: 'block', milliseconds: 3 * SHORT, ask: true });
    await child.said('blocking');
    const asleep = child.lines.find(({ type }) => type === 'blocking')!.told + 2 * SHORT;
    await child.said('acquired', 1, 'other');
    expectLossFirst(child, asleep);
    expect(orderOf(child)).toEqual(['holder acquired', 'holder lost', 'other acquired']);
  });
});
