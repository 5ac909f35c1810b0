import { Subscription } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { octostoreElection } from '../../../../src/backends/octostore/index.js';
import { createLocks } from '../../../../src/locks/create-locks.js';
import type { Leadership } from '../../../../src/contract/status.js';
import type { LockEvent, WaitingEvent } from '../../../../src/contract/lease.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';
import { anyElection, ElectionClient } from './support/election-client.js';

describeWithOctoStore('an election on a bad network', (server) => {
  let id: string;
  let proxy: FaultProxy;
  let client: ElectionClient;
  let other: ElectionClient;
  beforeEach(async () => {
    id = anyElection();
    proxy = await FaultProxy.start(server().port);
    client = new ElectionClient(id, proxy.url, octostoreElection, '800ms');
    other = new ElectionClient(id, server().url);
  });
  afterEach(async () => {
    await proxy.heal();
    await Promise.all([client.backend.close(), other.backend.close()]);
    await proxy.stop();
  });
  const free = (): Promise<void> => until(async () => !(await other.isHeld(id)), 'the end of the leadership');

  for (const how of ['reset', 'silence'] as const) {
    it(`shuts everybody out for the shortest ttl at most, after the answer to a campaign was lost by ${how}`, async () => {
      const locks = createLocks(octostoreElection({ id, baseUrl: proxy.url, timeout: '800ms' }), { holder: 'anna' });
      const events: LockEvent[] = [];
      const leaderships: Leadership[] = [];
      const committed = proxy.loseReply(`/elections/${id}/campaign`, how);
      const all = new Subscription();
      all.add(locks.lock$(id, '300s').subscribe((event) => events.push(event)));
      await committed;
      all.add(locks.leader$(id, '300s').subscribe((event) => leaderships.push(event)));
      const waiting = (): WaitingEvent | undefined =>
        events.filter((event): event is WaitingEvent => event.type === 'waiting').at(-1);
      await until(() => waiting()?.self === true, 'to be told that the leader is ourselves');
      expect(waiting()).toMatchObject({ holder: 'anna', expiresAt: expect.any(Date) as Date });
      // The service says that we lead, but nobody may believe that.
      expect(await other.isHeld(id)).toBe(true);
      expect(events.every(({ type }) => type === 'waiting')).toBe(true);
      expect(leaderships.every((one) => !one.leading && one.leader === undefined)).toBe(true);
      // Not for the 300 s that were asked for.
      const end = waiting()!.expiresAt!.getTime();
      expect(end - Date.now()).toBeLessThanOrEqual(5000);
      const acquired = (): boolean =>
        events.some(({ type }) => type === 'acquired') || leaderships.some(({ leading }) => leading);
      await until(acquired, 'an election');
      expect(Date.now()).toBeGreaterThanOrEqual(end);
      all.unsubscribe();
      await locks.close();
      expect(await other.isHeld(id)).toBe(false);
    });
  }

  it('resigns when the answer to a campaign comes after its time-out', async () => {
    const held = proxy.hold(`/elections/${id}/campaign`);
    const attempt = client.ask(id, { ttl: 300_000 });
    await held.arrived;
    await attempt.over();
    expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_NETWORK', retryable: true });
    expect(attempt.strays).toEqual([]);
    held.release();
    await until(() => attempt.strays.length === 1, 'the stray grant');
    expect(await other.isHeld(id)).toBe(true);
    expect(await client.release(attempt.strays[0]!)).toEqual(['released']);
    expect(await other.isHeld(id)).toBe(false);
  });

  it('resigns when nobody waits for the answer to a campaign any more', async () => {
    const held = proxy.hold(`/elections/${id}/campaign`);
    const attempt = client.ask(id);
    await held.arrived;
    attempt.leave();
    held.release();
    await until(() => attempt.strays.length === 1, 'the stray grant');
    expect(await client.release(attempt.strays[0]!)).toEqual(['released']);
    expect(proxy.count('/renew')).toBe(0);
    await other.acquire(id);
  });

  it('resigns when nobody waits for the confirmation of a leadership any more', async () => {
    const held = proxy.hold(`/elections/${id}/renew`);
    const attempt = client.ask(id);
    await held.arrived;
    expect(attempt.signals).toEqual([]);
    attempt.leave();
    expect(attempt.strays).toHaveLength(1);
    held.release();
    expect(await client.release(attempt.strays[0]!)).toEqual(['released']);
    await free();
  });

  it('does not campaign at all for somebody who left before anything was sent', async () => {
    client.ask(id).leave();
    // What comes later on the same way has come.
    expect(await client.isHeld(id)).toBe(false);
    expect(proxy.count('/campaign')).toBe(0);
  });

  it('leads by no leadership that could not be confirmed, and gives it back', async () => {
    const lost = proxy.loseReply(`/elections/${id}/renew`, 'silence');
    const attempt = client.ask(id, { ttl: 300_000 });
    await lost;
    await attempt.over();
    expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
    expect(attempt.signals).toEqual([]);
    expect(attempt.strays).toHaveLength(1);
    expect(await client.release(...attempt.strays)).toEqual(['released']);
    expect(await other.isHeld(id)).toBe(false);
  });

  it('resigns when it is closed while the answer to a campaign is under way', async () => {
    proxy.delay(300);
    const attempt = client.ask(id, { ttl: 300_000 });
    await until(() => other.isHeld(id), 'the election');
    await client.backend.close();
    expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
    expect(attempt.strays).toEqual([]);
    expect(await other.isHeld(id)).toBe(false);
  });

  it('resigns when it is closed while the confirmation of a leadership is under way', async () => {
    const held = proxy.hold(`/elections/${id}/renew`);
    const attempt = client.ask(id, { ttl: 300_000 });
    await held.arrived;
    await client.backend.close();
    expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
    expect(attempt.strays).toEqual([]);
    held.release();
    expect(await other.isHeld(id)).toBe(false);
  });

  it('closes in time where nobody answers', async () => {
    const patient = new ElectionClient(id, proxy.url, octostoreElection, '60s');
    await patient.acquire(id);
    proxy.blackhole();
    const attempt = patient.ask(id);
    await until(() => proxy.count('/campaign') === 2, 'the campaign');
    // Whoever waited for the answers would wait longer than this test may take.
    await patient.backend.close();
    expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
  });

  it('counts every ttl from the time of sending, however long the answer takes', async () => {
    const patient = new ElectionClient(id, proxy.url);
    const late = async (text: string): Promise<number> => {
      const held = proxy.hold(text);
      await held.arrived;
      const sent = patient.clock.elapsed();
      patient.clock.advance(1000);
      held.release();
      return sent;
    };
    const short = late('/campaign');
    const first = await patient.acquire(id, { ttl: 5000 });
    expect(first.bounds[0].sentAt).toBeLessThanOrEqual(await short);
    const renewed = late('/renew');
    const [renewal] = await patient.renew([first.grant], 30_000);
    const [bound] = (renewal as { readonly bounds: typeof first.bounds }).bounds;
    expect(bound.sentAt).toBeLessThanOrEqual(await renewed);
    expect(bound.sentAt).toBeGreaterThan(first.bounds[0].sentAt);
    await patient.release(first.grant);
    const confirmed = late('/renew');
    const long = await patient.acquire(id, { ttl: 30_000 });
    expect(long.bounds[0].sentAt).toBeLessThanOrEqual(await confirmed);
    await patient.backend.close();
  });

  it('says that nothing is known while nobody answers', async () => {
    const { grant } = await client.acquire(id);
    proxy.blackhole();
    expect(await client.renew([grant])).toMatchObject([{ outcome: 'unknown', cause: { code: 'ERR_LOCK_NETWORK' } }]);
    expect(await client.release(grant)).toEqual(['unknown']);
    await proxy.heal();
    await until(async () => (await client.renew([grant]))[0]!.outcome === 'renewed', 'a renewal');
    expect(await client.release(grant)).toEqual(['released']);
  });

  it('says that nothing is known while the server stands still', async () => {
    const { grant } = await client.acquire(id);
    server().pause();
    try {
      expect(await client.renew([grant])).toMatchObject([{ outcome: 'unknown' }]);
    } finally {
      server().resume();
    }
    await until(async () => (await client.renew([grant]))[0]!.outcome === 'renewed', 'a renewal');
  });

  it('renews a second time where the answer was lost, and counts from that', async () => {
    const lost = proxy.loseReply('/renew', 'reset');
    const attempt = client.ask(id);
    await lost;
    const committed = client.clock.elapsed();
    const { bounds } = await attempt.granted();
    expect(bounds[0].sentAt).toBeGreaterThanOrEqual(Math.floor(committed));
    expect(proxy.count('/renew')).toBe(2);
  });

  it('resigns a second time where the answer was lost', async () => {
    const { grant } = await client.acquire(id);
    const lost = proxy.loseReply('/resign', 'reset');
    const released = client.release(grant);
    await lost;
    expect(await released).toEqual(['gone']);
    expect(proxy.count('/resign')).toBe(2);
  });

  it('leads on after the server was killed and started again, and is watched again', async () => {
    const seen: (string | undefined)[] = [];
    const watching = client.backend.watch!(id).subscribe(({ status }) => seen.push(status));
    const { grant } = await client.acquire(id, { ttl: 60_000 });
    await until(() => seen.at(-1) === 'held', 'the first state');
    await server().restart();
    expect((await other.ask(id).over()).types).toEqual(['held']);
    await until(async () => (await client.renew([grant]))[0]!.outcome === 'renewed', 'a renewal');
    expect(await client.release(grant)).toEqual(['released']);
    await until(() => seen.at(-1) === 'free', 'the resignation, through a new stream');
    watching.unsubscribe();
    expect((await other.acquire(id)).grant.fencingToken).toBeGreaterThan(grant.fencingToken!);
  });

  it('connects again when a watch breaks off, and tells what it has missed', async () => {
    const seen: (bigint | undefined)[] = [];
    const watching = client.backend.watch!(id).subscribe(({ fencingToken }) => seen.push(fencingToken));
    await until(() => seen.length > 0, 'the first state');
    await proxy.refuse();
    const { grant } = await other.acquire(id);
    await proxy.heal();
    await until(() => seen.at(-1) === grant.fencingToken, 'what was missed', 12_000);
    watching.unsubscribe();
  });

  it('reads the state where so many watch already that it may not', async () => {
    const { grant } = await other.acquire(id);
    const enough = new AbortController();
    for (let watchers = 0, status = 200; status === 200 && watchers < 100; watchers++) {
      ({ status } = await fetch(`${server().url}/elections/${id}/watch`, { signal: enough.signal }));
    }
    const seen: (bigint | undefined)[] = [];
    const watching = client.backend.watch!(id).subscribe(({ fencingToken }) => seen.push(fencingToken));
    await until(() => seen.length > 0, 'the state, long before the next poll');
    expect(seen).toEqual([grant.fencingToken]);
    watching.unsubscribe();
    enough.abort();
  });

  it('loses the leadership by its deadline when it is cut off, before another can have it', async () => {
    const cut = createLocks(octostoreElection({ id, baseUrl: proxy.url, timeout: '800ms' }), { holder: 'anna' });
    const next = createLocks(octostoreElection({ id, baseUrl: server().url }), { holder: 'ben' });
    const events: LockEvent[] = [];
    const later: LockEvent[] = [];
    const all = new Subscription();
    all.add(cut.lock$(id, '5s').subscribe((event) => events.push(event)));
    await until(() => events.at(-1)?.type === 'acquired', 'the election');
    all.add(next.lock$(id, '5s').subscribe((event) => later.push(event)));
    proxy.blackhole();
    await until(() => later.some(({ type }) => type === 'acquired'), 'the next leader');
    const lost = events.find(({ type }) => type === 'lost');
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['uncertain', 'lost']));
    expect(lost).toMatchObject({ reason: 'expired' });
    expect(lost!.at).toBeLessThan(later.find(({ type }) => type === 'acquired')!.at);
    all.unsubscribe();
    await proxy.heal();
    await Promise.all([cut.close(), next.close()]);
  });
});
