import { describe, expect, it } from 'vitest';
import { dflockdServer } from '../../../src/server/dflockd/dflockd-server.js';
import { CountingScheduler } from '../../support/counting-scheduler.js';
import { DflockdClient } from '../../support/dflockd-client.js';
import { until } from '../../support/poll.js';

describe('a server that is closed', () => {
  it('leaves no timer behind, though somebody waits for a lock that outlives its connection', async () => {
    const scheduler = new CountingScheduler();
    const server = await dflockdServer({ port: 0, scheduler, autoRelease: false });
    const [holder, waiting] = [await DflockdClient.connect(server), await DflockdClient.connect(server)];
    await holder.ask('l', 'a', '0 60');
    waiting.send('l', 'a', '60 60');
    await until(async () => (await holder.ask('stats', '_', '')).includes('"waiters":1'), 'somebody who waits');
    await server.close();
    expect(scheduler.armed).toBe(0);
    holder.close();
    waiting.close();
  });
});
