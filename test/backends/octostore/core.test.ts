import { filter, firstValueFrom, map, type Subscription } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { octostore, type OctoStoreOptions } from '../../../src/backends/octostore/index.js';
import { createLocks, type Lease, type LockEvent, type Locks } from '../../../src/index.js';
import { anyName } from '../../support/octostore-client.js';
import { describeWithOctoStore } from '../../support/octostore-server.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';

describeWithOctoStore('locks on octostore', (server) => {
  let opened: Locks<bigint>[];
  let subscriptions: Subscription[];
  beforeEach(() => {
    opened = [];
    subscriptions = [];
  });
  afterEach(async () => {
    for (const subscription of subscriptions) subscription.unsubscribe();
    await Promise.all(opened.map((locks) => locks.close()));
  });
  const locksOn = (options: OctoStoreOptions = {}): Locks<bigint> => {
    const locks = createLocks(octostore({ baseUrl: server().url, token: server().tokens.alice, ...options }));
    opened.push(locks);
    return locks;
  };
  const follow = (locks: Locks<bigint>, name: string, ttl = '30s'): LockEvent<bigint>[] => {
    const events: LockEvent<bigint>[] = [];
    subscriptions.push(locks.lock$(name, ttl).subscribe((event) => events.push(event)));
    return events;
  };
  const typesOf = (events: readonly LockEvent<bigint>[]): readonly string[] => events.map(({ type }) => type);

  it('takes, hands over and releases', async () => {
    const name = anyName();
    const [a, b] = [locksOn(), locksOn()];
    const first = follow(a, name);
    await until(() => typesOf(first).includes('acquired'), 'the first grant');
    const second = follow(b, name);
    await until(() => typesOf(second).includes('waiting'), 'the wait');
    await until(async () => (await b.status(name)).status === 'held', 'the status');
    subscriptions[0]!.unsubscribe();
    await until(() => typesOf(second).includes('acquired'), 'the second grant');
    expect(typesOf(first)).toEqual(['acquired']);
  });

  it('extends a lock for longer than its session, and for less again', async () => {
    const name = anyName();
    const locks = locksOn();
    const lease = await locks.acquire(name, '30s');
    const left = async (): Promise<number> => (await locks.status(name)).expiresAt!.getTime() - Date.now();
    await lease.extend('5m');
    expect(await left()).toBeGreaterThan(200_000);
    // Its session has to be renewed as well.
    expect(lease.remaining()).toBeLessThanOrEqual(48_000);
    expect(lease.remaining()).toBeGreaterThan(24_000);
    await lease.extend('5s');
    expect(await left()).toBeLessThanOrEqual(6000);
    expect(lease.remaining()).toBeLessThanOrEqual(4000);
    expect(lease.isHeld).toBe(true);
    await lease.release();
  });

  it('is never held twice by many contenders of several clients', async () => {
    const name = anyName();
    const clients = [locksOn(), locksOn(), locksOn()];
    let holders = 0;
    let most = 0;
    const tokens: bigint[] = [];
    const work = async ({ fencingToken }: Lease<bigint>): Promise<void> => {
      most = Math.max(most, ++holders);
      tokens.push(fencingToken);
      await new Promise((resolve) => setImmediate(resolve));
      holders--;
    };
    await Promise.all(Array.from({ length: 15 }, (_, i) => clients[i % 3]!.using(name, '30s', work)));
    expect(most).toBe(1);
    expect(tokens).toHaveLength(15);
    expect(tokens).toEqual([...tokens].sort((x, y) => (x < y ? -1 : 1)));
  });

  it('renews on the service', async () => {
    const events = follow(locksOn(), anyName(), '1s');
    await until(() => typesOf(events).filter((type) => type === 'renewed').length >= 2, 'two renewals');
    expect(typesOf(events)).not.toContain('uncertain');
  });

  it('tells the loss of the session', async () => {
    const proxy = await FaultProxy.start(server().port);
    const name = anyName();
    const locks = locksOn({ baseUrl: proxy.url, sessionTtl: '10s' });
    const events: LockEvent<bigint>[] = [];
    subscriptions.push(locks.lock$(name, '12s', { renewRatio: 0.02 }).subscribe((event) => events.push(event)));
    await until(() => proxy.count('/keepalive') > 0, 'the first keep-alive');
    const line = proxy.requests.findLast((request) => request.includes('/keepalive'))!;
    await server().ask('DELETE', /\/sessions\/[^/]+/.exec(line)![0]);
    await until(() => typesOf(events).includes('lost'), 'the loss');
    expect(events.at(-1)).toMatchObject({ type: 'lost', reason: 'session' });
    await locks.close();
    await proxy.stop();
  });

  it('tries once and no more', async () => {
    const name = anyName();
    const [a, b] = [locksOn(), locksOn()];
    await using lease = (await a.tryAcquire(name, '30s'))!;
    expect(await a.tryAcquire(name, '30s')).toBeNull();
    expect(await b.tryAcquire(name, '30s')).toBeNull();
    expect(lease.isHeld).toBe(true);
  });

  it('leaves nothing that keeps the process alive once its last lock is released', async () => {
    const active = (): number => process.getActiveResourcesInfo().filter((kind) => /Timeout|TCP/.test(kind)).length;
    const before = active();
    const name = anyName();
    const [a, b] = [locksOn(), locksOn()];
    const lease = await a.acquire(name, '30s');
    const events = follow(b, name);
    await until(() => typesOf(events).includes('waiting'), 'the wait');
    expect(active()).toBeGreaterThan(before);
    subscriptions[0]!.unsubscribe();
    await lease.release();
    await until(() => active() <= before, 'the end of timers and sockets');
    expect(lease.isHeld).toBe(false);
  });

  it('gives what was granted late back', async () => {
    const proxy = await FaultProxy.start(server().port);
    const name = anyName();
    const locks = locksOn({ baseUrl: proxy.url });
    const asked = proxy.hold('/acquire');
    follow(locks, name);
    await asked.arrived;
    subscriptions[0]!.unsubscribe();
    const released = firstValueFrom(
      locks.events$.pipe(
        filter((event) => event.type === 'release'),
        map(({ outcome }) => outcome),
      ),
    );
    asked.release();
    expect(await released).toBe('released');
    expect((await locks.status(name)).status).toBe('free');
    await locks.close();
    await proxy.stop();
  });
});
