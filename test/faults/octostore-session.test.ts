import { afterEach, beforeEach, expect, it } from 'vitest';
import { octostore } from '../../src/backends/octostore/index.js';
import { createLocks, type LockEvent, type Locks } from '../../src/index.js';
import { anyName } from '../support/octostore-client.js';
import { describeWithOctoStore } from '../support/octostore-server.js';
import { until } from '../support/poll.js';

const PATIENCE = 60_000;

describeWithOctoStore('locks on a session that is shorter than they are', (server) => {
  let held: Locks<bigint>;
  let other: Locks<bigint>;
  beforeEach(() => {
    const token = server().tokens.alice;
    held = createLocks(octostore({ baseUrl: server().url, token, sessionTtl: '10s' }));
    other = createLocks(octostore({ baseUrl: server().url, token }));
  });
  afterEach(async () => {
    await Promise.all([held.close(), other.close()]);
  });

  it('are held on, long after the session would have ended', async () => {
    const name = anyName();
    const events: LockEvent<bigint>[] = [];
    const subscription = held.lock$(name, '120s').subscribe((event) => events.push(event));
    await until(() => events.some(({ type }) => type === 'acquired'), 'the grant');
    const since = performance.now();
    // The server sweeps sessions every 5 s.
    await until(() => performance.now() - since > 22_000, 'the end that a dead session would have had', PATIENCE);
    expect(await other.tryAcquire(name, '1s')).toBeNull();
    expect(events.map(({ type }) => type)).not.toContain('lost');
    subscription.unsubscribe();
    await until(async () => (await other.status(name)).status === 'free', 'the release');
  });

  it('are lost before another gets them, when the server cannot be reached', async () => {
    const name = anyName();
    let lostAt: number | undefined;
    let acquired = false;
    held.lock$(name, '60s').subscribe((event) => {
      if (event.type === 'acquired') acquired = true;
      if (event.type === 'lost') lostAt = performance.now();
    });
    await until(() => acquired, 'the grant');
    server().pause();
    await until(() => lostAt !== undefined, 'the loss', PATIENCE);
    server().resume();
    const lease = await other.acquire(name, '60s', { wait: '30s' });
    expect(lease.isHeld).toBe(true);
    expect(performance.now()).toBeGreaterThan(lostAt!);
    await lease.release();
  });
});
