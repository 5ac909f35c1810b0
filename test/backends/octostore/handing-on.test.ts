import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { octostore, type OctoStoreOptions } from '../../../src/backends/octostore/index.js';
import { createLocks, LockLostError, LockValidationError, type LeaseHandle, type Locks } from '../../../src/index.js';
import { anyName } from '../../support/octostore-client.js';
import { describeWithOctoStore } from '../../support/octostore-server.js';
import { until } from '../../support/poll.js';

describeWithOctoStore('a lock on octostore that is handed on', (server) => {
  let opened: Locks<bigint>[];
  beforeEach(() => {
    opened = [];
  });
  afterEach(async () => {
    await Promise.all(opened.map((locks) => locks.close()));
  });
  const locksOn = (options: OctoStoreOptions = {}): Locks<bigint> => {
    const locks = createLocks(octostore({ baseUrl: server().url, token: server().tokens.alice, ...options }));
    opened.push(locks);
    return locks;
  };
  const sent = (handle: LeaseHandle): LeaseHandle => JSON.parse(JSON.stringify(handle)) as LeaseHandle;

  it('goes on under its fencing token, and outlives the client that it came from', async () => {
    const name = anyName();
    const [a, b, c] = [locksOn(), locksOn(), locksOn()];
    const lease = await a.acquire(name, '30s', { metadata: 'build 17' });
    const handle = await lease.detach();
    expect(lease.isHeld).toBe(false);
    expect(inspect(handle)).not.toContain(handle.secret);
    await a.close();
    await expect(c.tryAcquire(name, '30s')).resolves.toBeNull();
    const adopted = await b.adopt(sent(handle));
    expect(adopted).toMatchObject({ name, fencingToken: lease.fencingToken, metadata: 'build 17', ttl: 30_000 });
    expect(adopted.remaining()).toBeGreaterThan(20_000);
    await adopted.extend();
    await expect(c.tryAcquire(name, '30s')).resolves.toBeNull();
    await adopted.release();
    const next = await c.acquire(name, '30s', { wait: '5s' });
    expect(next.fencingToken).toBeGreaterThan(lease.fencingToken);
    await next.release();
  });

  it('ends no other lock of the client that it came from, nor that of the one that it went to', async () => {
    const [first, second] = [anyName(), anyName()];
    const [a, b, c] = [locksOn(), locksOn(), locksOn()];
    const kept = await a.acquire(first, '30s');
    const handle = await (await a.acquire(second, '30s')).detach();
    const adopted = await b.adopt(handle);
    await adopted.release();
    await b.close();
    await kept.extend();
    expect(kept.isHeld).toBe(true);
    const later = await a.acquire(second, '30s');
    await later.extend();
    await kept.release();
    await expect(c.tryAcquire(second, '30s')).resolves.toBeNull();
    await later.release();
  });

  it('goes back to the client that it came from', async () => {
    const name = anyName();
    const locks = locksOn();
    const lease = await locks.acquire(name, '30s');
    const adopted = await locks.adopt(await lease.detach());
    const again = await locks.adopt(await adopted.detach());
    expect(again.fencingToken).toBe(lease.fencingToken);
    await again.release();
    await (await locks.acquire(name, '30s')).release();
  });

  it('leaves its session to itself: another lock of a session that is kept alive no more runs out', async () => {
    const name = anyName();
    const [a, b] = [locksOn({ sessionTtl: '10s' }), locksOn()];
    const handle = await (await a.acquire(name, '1s')).detach();
    await until(async () => (await b.status(name)).status === 'free', 'the end of the lock');
    const late = { ...handle, goodUntil: new Date(Date.now() + 60_000).toISOString() };
    await expect(b.adopt(late)).rejects.toThrow(LockLostError);
  });

  it('is refused if its secret was changed', async () => {
    const name = anyName();
    const locks = locksOn();
    const handle = await (await locks.acquire(name, '30s')).detach();
    for (const secret of ['x', '{}', '[]', 'null', handle.secret.replace(/\d+/, '"x"')]) {
      await expect(locks.adopt({ ...handle, secret })).rejects.toThrow(LockValidationError);
    }
    const lease = handle.secret.replace(/"lease":"[^"]*"/, '"lease":"00000000-0000-4000-8000-000000000000"');
    await expect(locks.adopt({ ...handle, secret: lease })).rejects.toThrow(LockLostError);
    await (await locks.adopt(handle)).release();
  });
});
