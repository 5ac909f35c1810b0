import { expect } from 'vitest';
import type { Child } from './support/child.js';
import { faultRows } from './support/fault-rows.js';
import { TTL } from './support/scene.js';
import { expectLossFirst, STANDSTILLS, standStill } from './support/standstill.js';

/** On the embedded backend a lock may be as short. */
const SHORT = 1000;

/** Who was granted and who lost, in the order in which they were told. */
function orderOf(child: Child): readonly string[] {
  return child.lines
    .filter(({ type }) => type === 'lost' || type === 'acquired')
    .map(({ who, type }) => `${who} ${type}`);
}

faultRows('a process that stands still for three ttls', (row) => {
  for (const way of STANDSTILLS) {
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
