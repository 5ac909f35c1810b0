import { expect } from 'vitest';
import { redisRows } from './support/redis-rows.js';
import { shaOf } from './support/redis-scripts.js';
import { TTL } from './support/scene.js';
import { clockRows, overtaken, queuedBehind, standstillRows } from './support/standstill-rows.js';
import { STANDSTILLS } from './support/standstill.js';

redisRows('a process that stands still while it holds a lock of redis', (row) => {
  standstillRows(row, ({ place }) => place.wire.hold(shaOf('renew'), 'reply'));

  for (const way of STANDSTILLS) {
    row(`${way.title} for three ttls, while it waits: another has the lock, and it queues again`, async (stage) => {
      const { child, other } = await overtaken(stage, way);
      await other.told('renewed', other.count('renewed') + 1);
      expect(child.count('acquired')).toBe(0);
      await other.locks.close();
      await child.said('acquired');
    });
  }

  row('killed while it holds', async (stage) => {
    const child = stage.child();
    const other = await queuedBehind(stage, child);
    await stage.strike(() => child.kill());
    await other.told('acquired');
    return 'the other has it when it has run out';
  });
});

redisRows('the clock of who holds a lock of redis', (row) => {
  clockRows(row, ({ place }) => place.wire, [{ title: '', ttl: 2 * TTL }]);
});
