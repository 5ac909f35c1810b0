import { expect } from 'vitest';
import { dflockdRows } from './support/dflockd-rows.js';
import { TTL } from './support/scene.js';
import { clockRows, overtaken, queuedBehind, standstillRows } from './support/standstill-rows.js';
import { expectLossFirst, STANDSTILLS, standStill } from './support/standstill.js';

/** Of the server. Seconds. */
const READ = 2;
dflockdRows('a process that stands still while it holds a lock of dflockd', (row) => {
  standstillRows(row, ({ name, wire }) => wire.hold(`n\n${name}`));

  for (const way of STANDSTILLS) {
    row(
      `${way.title} for three read timeouts, under a lock of ten minutes`,
      async (stage) => {
        const child = stage.child({ believes: 'at', ttl: 600_000 });
        const other = await queuedBehind(stage, child);
        const asleep = await standStill(child, way, READ * 1000, () => other.told('acquired'));
        await child.said('lost');
        expectLossFirst(child, asleep);
      },
      { server: { apart: true, readTimeout: READ } },
    );

    row(`${way.title} for three ttls, while it waits: the grant that it finds has run out`, async (stage) => {
      const { child, other } = await overtaken(stage, way);
      // It queues again, behind who has it.
      await child.said('waiting', 3);
      expect(child.count('acquired')).toBe(0);
      await other.locks.close();
      await child.said('acquired');
    });
  }
});

dflockdRows('the clock of who holds a lock of dflockd', (row) => {
  // In a process of its own: what a holder's process does must not wait for this one.
  clockRows(row, ({ wire }) => wire, [
    { title: ', ttl 6 s', ttl: 2 * TTL, options: { server: { apart: true } } },
    {
      title: ', ten minutes, read timeout 2 s',
      ttl: 600_000,
      options: { server: { apart: true, readTimeout: READ } },
    },
  ]);
});
