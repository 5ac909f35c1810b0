import { afterEach, beforeEach, expect, it } from 'vitest';
import { anyName, Client } from '../../../support/octostore-client.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';
import { until } from '../../../support/poll.js';
import { HttpFaults } from '../../../support/http-faults.js';
import { FaultProxy } from '../../../support/proxy.js';

describeWithOctoStore('octostore, one attempt at a time for each name', (server) => {
  let proxy: FaultProxy;
  let client: Client;
  let other: Client;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    client = new Client({ baseUrl: proxy.url, token: server().tokens.alice });
    other = new Client({ baseUrl: server().url, token: server().tokens.alice });
  });
  afterEach(async () => {
    await proxy.heal();
    await Promise.all([client.backend.close(), other.backend.close()]);
    await proxy.stop();
  });
  const acquireOf = (name: string): string => `/locks/${encodeURIComponent(name)}/acquire`;
  const releaseOf = (name: string): string => `/locks/${encodeURIComponent(name)}/release`;

  it('queues a second contender of the same client until the first has released', async () => {
    const name = anyName();
    const first = await client.acquire(name);
    const second = client.ask(name);
    expect(second.signals).toEqual([{ type: 'queued', holder: 'me' }]);
    expect(await client.release(first.grant)).toEqual(['released']);
    const { grant } = await second.granted();
    expect(grant.fencingToken).toBeGreaterThan(first.grant.fencingToken!);
  });

  it('lets local contenders in by the order of their arrival', async () => {
    const name = anyName();
    let { grant } = await client.acquire(name);
    const attempts = Array.from({ length: 5 }, () => client.ask(name));
    for (const attempt of attempts) {
      await client.release(grant);
      ({ grant } = await attempt.granted());
    }
    expect(proxy.count(acquireOf(name))).toBe(6);
  });

  it('forgets a contender that leaves the queue', async () => {
    const name = anyName();
    const { grant } = await client.acquire(name);
    const second = client.ask(name);
    const third = client.ask(name);
    second.leave();
    await client.release(grant);
    await third.granted();
    expect(proxy.count(acquireOf(name))).toBe(2);
    expect(second.strays).toEqual([]);
  });

  it('answers held at once to whoever does not wait, and asks nobody', async () => {
    const name = anyName();
    await client.acquire(name);
    const attempt = client.ask(name, { wait: false });
    expect(attempt.signals).toEqual([{ type: 'held', holder: 'me' }]);
    expect(attempt.completed).toBe(true);
    expect(proxy.count(acquireOf(name))).toBe(1);
  });

  it('lets whoever does not wait see a release through', async () => {
    const name = anyName();
    const { grant } = await client.acquire(name);
    const releasing = client.release(grant);
    const attempt = client.ask(name, { wait: false });
    expect(attempt.signals).toEqual([]);
    await releasing;
    await attempt.granted();
  });

  it('asks nothing for a contender that left before the session was there', async () => {
    const name = anyName();
    const session = proxy.hold('POST /sessions');
    const first = client.ask(name);
    await session.arrived;
    first.leave();
    const second = client.ask(name);
    session.release();
    await second.granted();
    expect(proxy.count(acquireOf(name))).toBe(1);
    expect(proxy.count('POST /sessions')).toBe(1);
    expect(first.strays).toEqual([]);
  });

  it('hands over the grant of a contender that left while it was asked for', async () => {
    const name = anyName();
    const asked = proxy.hold(acquireOf(name));
    const first = client.ask(name);
    await asked.arrived;
    first.leave();
    const second = client.ask(name);
    expect(second.types).toEqual([]);
    asked.release();
    await until(() => first.strays.length === 1, 'the stray grant');
    // It is not the second one's before the first is confirmed to have gone.
    expect(await other.isHeld(name)).toBe(true);
    expect(second.types).toEqual([]);
    expect(await client.release(first.strays[0]!)).toEqual(['released']);
    const { grant } = await second.granted();
    expect(grant.fencingToken).toBeGreaterThan(first.strays[0]!.fencingToken!);
    // The first one's clean-up, late: it is nobody's any more.
    expect(await client.release(first.strays[0]!)).toEqual(['gone']);
    expect(await other.isHeld(name)).toBe(true);
  });

  it('passes the name on when a contender that left was refused', async () => {
    const name = anyName();
    const { grant } = await other.acquire(name);
    const asked = proxy.hold(acquireOf(name));
    const first = client.ask(name);
    await asked.arrived;
    first.leave();
    const second = client.ask(name);
    asked.release();
    await second.over();
    expect(second.types).toEqual(['held']);
    expect(first.strays).toEqual([]);
    await other.release(grant);
  });

  it('keeps the name while a release is under way', async () => {
    const name = anyName();
    const { grant } = await client.acquire(name);
    const releasing = proxy.hold(releaseOf(name));
    const released = client.release(grant);
    await releasing.arrived;
    const second = client.ask(name);
    releasing.release();
    expect(await released).toEqual(['released']);
    const again = await second.granted();
    expect(await client.release(grant)).toEqual(['gone']);
    expect(await other.isHeld(name)).toBe(true);
    expect(again.grant.fencingToken).toBeGreaterThan(grant.fencingToken!);
  });

  it('uses another session once a release could not be confirmed', async () => {
    const http = await HttpFaults.start(server().port);
    const late = new Client({ baseUrl: `http://127.0.0.1:${String(http.port)}`, token: server().tokens.alice });
    try {
      const name = anyName();
      const kept = await late.acquire(anyName());
      const { grant } = await late.acquire(name);
      // The server does not hear of it for now.
      const lost = http.hold(releaseOf(name));
      const subscription = late.backend.release([grant], [0]).subscribe();
      await lost.arrived;
      subscription.unsubscribe();
      // The same session would be given the old lease, which a late release would then take from it.
      const second = await late.ask(name).over();
      expect(second.types).toEqual(['held']);
      expect(http.those('POST /sessions').filter(({ line }) => line.endsWith('/sessions'))).toHaveLength(2);
      expect(await late.release(grant)).toEqual(['released']);
      const third = await late.acquire(name);
      // Now the first release gets through after all.
      lost.release();
      await until(
        () => http.those(releaseOf(name)).every(({ answeredAt }) => answeredAt !== undefined),
        'the late release',
      );
      expect(await other.isHeld(name)).toBe(true);
      expect(third.grant.fencingToken).toBeGreaterThan(grant.fencingToken!);
      late.clock.advance(5000);
      expect(await late.renew([kept.grant, third.grant])).toMatchObject([
        { outcome: 'renewed' },
        { outcome: 'renewed' },
      ]);
    } finally {
      await late.backend.close();
      await http.stop();
    }
  });

  it('ends a session that is under suspicion as soon as nothing is held under it', async () => {
    const name = anyName();
    const { grant } = await client.acquire(name);
    const lost = proxy.hold(releaseOf(name));
    const subscription = client.backend.release([grant], [0]).subscribe();
    await lost.arrived;
    subscription.unsubscribe();
    // Nobody releases it; the end of its session frees it.
    await until(async () => !(await other.isHeld(name)), 'the end of the lock');
    expect(proxy.count('DELETE /sessions/')).toBeGreaterThan(0);
  });

  it('gives the name of a lock that ran out to whoever waits for it', async () => {
    const name = anyName();
    const { grant } = await client.acquire(name, { ttl: 1000 });
    const second = client.ask(name);
    expect(second.types).toEqual(['queued']);
    await second.over();
    expect(proxy.count('POST /sessions HTTP')).toBe(2);
    // By the server's clock it may end a moment later.
    let third = second;
    await until(async () => (third.last?.type === 'granted' ? true : ((third = await client.ask(name).over()), false)));
    expect((await third.granted()).grant.fencingToken).toBeGreaterThan(grant.fencingToken!);
    expect(await client.release(grant)).toEqual(['gone']);
    expect(await other.isHeld(name)).toBe(true);
  });
});
