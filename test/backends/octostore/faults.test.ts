import { afterEach, beforeEach, expect, it } from 'vitest';
import { anyName, Client } from '../../support/octostore-client.js';
import { describeWithOctoStore } from '../../support/octostore-server.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';

describeWithOctoStore('octostore on a bad network', (server) => {
  let proxy: FaultProxy;
  let client: Client;
  let other: Client;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    client = new Client({ baseUrl: proxy.url, token: server().tokens.alice, timeout: '800ms' });
    other = new Client({ baseUrl: server().url, token: server().tokens.alice });
  });
  afterEach(async () => {
    await proxy.heal();
    await Promise.all([client.backend.close(), other.backend.close()]);
    await proxy.stop();
  });
  const acquireOf = (name: string): string => `/locks/${encodeURIComponent(name)}/acquire`;
  const releaseOf = (name: string): string => `/locks/${encodeURIComponent(name)}/release`;

  for (const how of ['reset', 'silence'] as const) {
    it(`learns of a grant whose answer was lost by ${how}`, async () => {
      const name = anyName();
      const committed = proxy.loseReply(acquireOf(name), how);
      const attempt = client.ask(name);
      await committed;
      const asked = client.clock.elapsed();
      const { grant, bounds } = await attempt.granted();
      // By the send time of the request that was answered.
      expect(bounds[0].sentAt).toBeGreaterThan(asked);
      expect(proxy.count(acquireOf(name))).toBe(2);
      expect(await client.release(grant)).toEqual(['released']);
      expect(await other.isHeld(name)).toBe(false);
    });

    it(`releases what was granted to nobody, after its answer was lost by ${how}`, async () => {
      const name = anyName();
      const committed = proxy.loseReply(acquireOf(name), how);
      const attempt = client.ask(name);
      await committed;
      attempt.leave();
      await until(() => attempt.strays.length === 1, 'the stray grant');
      expect(await client.release(attempt.strays[0]!)).toEqual(['released']);
      expect(await other.isHeld(name)).toBe(false);
    });

    it(`cleans up behind an attempt of which nothing is known, after its answers were lost by ${how}`, async () => {
      const name = anyName();
      // Something else is held, so the session cannot simply be ended.
      const kept = await client.acquire(anyName());
      const lost = [proxy.loseReply(acquireOf(name), how), proxy.loseReply(acquireOf(name), how)];
      const attempt = await client.ask(name).over();
      await Promise.all(lost);
      expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_NETWORK', retryable: true });
      await until(async () => !(await other.isHeld(name)), 'the clean-up');
      const { grant } = await client.acquire(name);
      expect(proxy.count('POST /sessions HTTP')).toBe(2);
      client.clock.advance(20_000);
      expect(await client.renew([kept.grant, grant])).toMatchObject([{ outcome: 'renewed' }, { outcome: 'renewed' }]);
    });

    it(`releases again where the answer was lost by ${how}`, async () => {
      const name = anyName();
      const { grant } = await client.acquire(name);
      const committed = proxy.loseReply(releaseOf(name), how);
      const released = client.release(grant);
      await committed;
      const [outcome] = await released;
      expect(outcome).toBe(how === 'reset' ? 'gone' : 'unknown');
      // A busy machine may need more than one time-out.
      await until(async () => (await client.release(grant))[0] !== 'unknown', 'the answer to the release');
      await client.acquire(name);
    });
  }

  it('counts every ttl from the time of sending, however long the answer takes', async () => {
    const slow = new Client({ baseUrl: proxy.url, token: server().tokens.alice, sessionTtl: '10s' });
    const name = anyName();
    // Sent, then some time passes, and only then it is answered.
    const late = async (text: string): Promise<number> => {
      const held = proxy.hold(text);
      await held.arrived;
      const sent = slow.clock.elapsed();
      slow.clock.advance(1000);
      held.release();
      return sent;
    };
    const [session, lock] = [late('POST /sessions'), late(acquireOf(name))];
    const { grant, bounds } = await slow.acquire(name, { ttl: 10_000 });
    expect(bounds[0].sentAt).toBeLessThanOrEqual(await lock);
    expect(bounds[1]!.sentAt).toBeLessThanOrEqual(await session);
    slow.clock.advance(3000);
    const [beat, renewal] = [late('/keepalive'), late('/renew')];
    const [renewed] = await slow.renew([grant], 10_000);
    const after = (renewed as { readonly bounds: typeof bounds }).bounds;
    expect(after[0].sentAt).toBeLessThanOrEqual(await renewal);
    expect(after[1]!.sentAt).toBeLessThanOrEqual(await beat);
    expect(after[0].sentAt).toBeGreaterThan(bounds[0].sentAt);
    expect(after[1]!.sentAt).toBeGreaterThan(bounds[1]!.sentAt);
    await slow.backend.close();
  });

  it('says that nothing is known while nobody answers', async () => {
    const { grant } = await client.acquire(anyName());
    client.clock.advance(20_000);
    proxy.blackhole();
    const [renewal] = await client.renew([grant]);
    expect(renewal).toMatchObject({ outcome: 'unknown', cause: { code: 'ERR_LOCK_NETWORK' } });
    await proxy.heal();
    expect(await client.renew([grant])).toMatchObject([{ outcome: 'renewed' }]);
  });

  it('says that nothing is known while the server stands still', async () => {
    const { grant } = await client.acquire(anyName());
    client.clock.advance(20_000);
    server().pause();
    try {
      expect(await client.renew([grant])).toMatchObject([{ outcome: 'unknown' }]);
    } finally {
      server().resume();
    }
    await until(async () => (await client.renew([grant]))[0]!.outcome === 'renewed', 'a renewal');
  });

  it('fails at once where nobody listens, and leaves nothing to clean up', async () => {
    const name = anyName();
    await proxy.refuse();
    const attempt = await client.ask(name).over();
    expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_NETWORK', cause: { code: 'ECONNREFUSED' } });
    await proxy.heal();
    await client.acquire(name);
  });

  it('keeps a renewal of one lock apart from that of another', async () => {
    const names = [anyName(), anyName(), anyName()];
    const grants = (await Promise.all(names.map((name) => client.acquire(name, { ttl: 10_000 })))).map(
      ({ grant }) => grant,
    );
    client.clock.advance(5000);
    void proxy.loseReply(`${encodeURIComponent(names[1]!)}/renew`, 'silence');
    const renewals = await client.renew(grants, 10_000);
    expect(renewals.map(({ outcome }) => outcome)).toEqual(['renewed', 'unknown', 'renewed']);
  });

  it('closes within its time though nobody answers', async () => {
    await client.acquire(anyName());
    proxy.blackhole();
    await client.backend.close();
    expect(await client.ask(anyName()).over()).toMatchObject({ error: { code: 'ERR_LOCK_CLOSED' } });
  });
});
