import { afterEach, beforeEach, expect, it } from 'vitest';
import { LockConfigError } from '../../../../src/contract/errors.js';
import { anyName, Client, ShiftedClock } from '../../../support/octostore-client.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';
import { asyncScheduler } from 'rxjs';

const OPENED = 'POST /sessions HTTP';
const KEPT = '/keepalive';

describeWithOctoStore('octostore and its session', (server) => {
  let proxy: FaultProxy;
  let client: Client;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    client = new Client({ baseUrl: proxy.url, token: server().tokens.alice, sessionTtl: '10s' });
  });
  afterEach(async () => {
    await proxy.heal();
    await client.backend.close();
    await proxy.stop();
  });
  const sessionPath = (): string => {
    const line = proxy.requests.findLast((request) => request.includes(KEPT));
    return /\/sessions\/[^/]+/.exec(line!)![0];
  };

  it('is opened with the first lock, and once for all', async () => {
    expect(proxy.requests).toEqual([]);
    await Promise.all(Array.from({ length: 10 }, () => client.acquire(anyName())));
    await client.acquire(anyName());
    expect(proxy.count(OPENED)).toBe(1);
  });

  it('is kept alive by the renewal of a lock that lives longer, which needs no renewal itself', async () => {
    const { grant, bounds } = await client.acquire(anyName(), { ttl: 60_000 });
    expect(bounds.map(({ ttl }) => ttl)).toEqual([60_000, 10_000]);
    client.clock.advance(3000);
    const now = client.clock.elapsed();
    const [renewal] = await client.renew([grant], 60_000);
    expect(renewal).toMatchObject({ outcome: 'renewed' });
    const [lock, session] = (renewal as { readonly bounds: typeof bounds }).bounds;
    expect(lock).toEqual(bounds[0]);
    expect(session!.ttl).toBe(10_000);
    expect(session!.sentAt).toBeGreaterThanOrEqual(now);
    expect(proxy.count(KEPT)).toBe(1);
    expect(proxy.count('/renew')).toBe(0);
    // In time the lock's own ttl comes to its end too.
    for (let i = 0; i < 16; i++) {
      client.clock.advance(3000);
      expect(await client.renew([grant], 60_000)).toMatchObject([{ outcome: 'renewed' }]);
    }
    expect(proxy.count('/renew')).toBeGreaterThan(0);
    expect(proxy.count('/renew')).toBeLessThan(5);
  });

  it('is kept alive once for all the locks of a batch', async () => {
    const granted = await Promise.all(Array.from({ length: 30 }, () => client.acquire(anyName(), { ttl: 600_000 })));
    client.clock.advance(3500);
    const grants = granted.map(({ grant }) => grant);
    const renewals = await client.renew(grants, 600_000);
    expect(new Set(renewals.map(({ outcome }) => outcome))).toEqual(new Set(['renewed']));
    expect(proxy.count(KEPT)).toBe(1);
    expect(proxy.count('/renew')).toBe(0);
  });

  it('is not kept alive again for a lock of another batch that has not heard of it', async () => {
    const first = await client.acquire(anyName(), { ttl: 600_000 });
    const second = await client.acquire(anyName(), { ttl: 600_000 });
    client.clock.advance(3500);
    await client.renew([first.grant], 600_000);
    client.clock.advance(100);
    expect(await client.renew([second.grant], 600_000)).toMatchObject([{ outcome: 'renewed' }]);
    expect(proxy.count(KEPT)).toBe(1);
    // Whoever asks again wants to hear something new.
    await client.renew([second.grant], 600_000);
    expect(proxy.count(KEPT)).toBe(2);
  });

  it('does not make a lock wait that is short', async () => {
    const { grant } = await client.acquire(anyName(), { ttl: 2000 });
    client.clock.advance(1000);
    const beat = proxy.hold(KEPT);
    client.clock.advance(1500);
    // The lock ends first by far, so its answer does not wait for the session's.
    const [renewal] = await client.renew([grant], 2000);
    expect(renewal).toMatchObject({ outcome: 'renewed' });
    beat.release();
  });

  it('takes everything with it when it is gone', async () => {
    const granted = await Promise.all([client.acquire(anyName()), client.acquire(anyName())]);
    const grants = granted.map(({ grant }) => grant);
    client.clock.advance(3000);
    await client.renew([grants[0]!]);
    expect(await server().ask('DELETE', sessionPath())).toMatchObject({ status: 204 });
    client.clock.advance(3000);
    expect(await client.renew([grants[0]!])).toMatchObject([{ outcome: 'refused' }]);
    expect(client.revocations).toHaveLength(1);
    expect(client.revocations[0]).toMatchObject({ reason: 'session' });
    expect(new Set(client.revocations[0]!.grants)).toEqual(new Set(grants));
    expect(await client.renew(grants)).toMatchObject([{ outcome: 'refused' }, { outcome: 'refused' }]);
    expect(await client.release(...grants)).toEqual(['gone', 'gone']);
    await client.acquire(grants[0]!.name);
    expect(proxy.count(OPENED)).toBe(2);
  });

  it('is opened again by the acquisition that finds it gone', async () => {
    const { grant } = await client.acquire(anyName());
    client.clock.advance(3000);
    await client.renew([grant]);
    await server().ask('DELETE', sessionPath());
    await client.acquire(anyName());
    expect(proxy.count(OPENED)).toBe(2);
    expect(client.revocations).toMatchObject([{ reason: 'session', grants: [grant] }]);
  });

  it('is confirmed before a lock is taken under one that has aged, and replaced when it is too old', async () => {
    const { grant } = await client.acquire(anyName());
    await client.release(grant);
    client.clock.advance(5000);
    const now = client.clock.elapsed();
    const { bounds } = await client.acquire(anyName());
    expect(proxy.count(KEPT)).toBe(1);
    expect(bounds[1]!.sentAt).toBeGreaterThanOrEqual(now);
    client.clock.advance(11_000);
    await client.acquire(anyName());
    expect(proxy.count(KEPT)).toBe(1);
    expect(proxy.count(OPENED)).toBe(2);
  });

  it('is deleted when the client is closed', async () => {
    await client.acquire(anyName());
    await client.backend.close();
    await client.backend.close();
    expect(proxy.count('DELETE /sessions/')).toBe(1);
    await until(() => proxy.connections === 0, 'the end of the connections');
  });

  it('survives a restart of the server, and so do its locks', async () => {
    const { grant } = await client.acquire(anyName());
    await server().restart();
    client.clock.advance(4000);
    await until(async () => (await client.renew([grant]))[0]!.outcome === 'renewed', 'a renewal after the restart');
    expect(client.revocations).toEqual([]);
  });

  it('belongs to one clock', () => {
    const clock = new ShiftedClock();
    const runtime = { clock: client.clock, scheduler: asyncScheduler, random: () => 0 };
    expect(() => client.backend.open?.(runtime)).not.toThrow();
    expect(() => client.backend.open?.({ ...runtime, clock })).toThrow(LockConfigError);
  });
});
