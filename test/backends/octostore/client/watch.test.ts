import { retry, type Subscription } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LockStatus } from '../../../../src/contract/status.js';
import { anyName, Client } from '../../../support/octostore-client.js';
import { describeWithOctoStore } from '../../../support/octostore-server.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';

describeWithOctoStore('octostore, watching', (server) => {
  let proxy: FaultProxy;
  let client: Client;
  let other: Client;
  let subscriptions: Subscription[];
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    client = new Client({ baseUrl: proxy.url, token: server().tokens.alice, timeout: '1s' });
    other = new Client({ baseUrl: server().url, token: server().tokens.alice });
    subscriptions = [];
  });
  afterEach(async () => {
    for (const subscription of subscriptions) subscription.unsubscribe();
    await proxy.heal();
    await Promise.all([client.backend.close(), other.backend.close()]);
    await proxy.stop();
  });
  const watch = (name: string): LockStatus[] => {
    const seen: LockStatus[] = [];
    subscriptions.push(client.backend.watch!(name).subscribe((status) => seen.push(status)));
    return seen;
  };
  const streams = (name: string): number => proxy.count(`GET /locks/${encodeURIComponent(name)}/watch`);

  it('tells the status now and at each change, long before the next poll', async () => {
    const name = anyName();
    const seen = watch(name);
    await until(() => seen.length > 0, 'the first status');
    expect(seen[0]).toMatchObject({ name, status: 'free' });
    const { grant } = await other.acquire(name, { metadata: 'who' });
    await until(() => seen.at(-1)?.status === 'held', 'the acquisition');
    expect(seen.at(-1)).toMatchObject({ fencingToken: grant.fencingToken, metadata: 'who' });
    const { expiresAt } = seen.at(-1)!;
    other.clock.advance(20_000);
    await other.renew([grant], 90_000);
    await until(() => seen.at(-1)!.expiresAt!.getTime() > expiresAt!.getTime(), 'the renewal');
    expect(seen.at(-1)).toMatchObject({ status: 'held', fencingToken: grant.fencingToken, metadata: 'who' });
    const before = performance.now();
    await other.release(grant);
    await until(() => seen.at(-1)?.status === 'free', 'the release');
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it('has one stream for all who watch a name, and none when nobody does', async () => {
    const name = anyName();
    const first = watch(name);
    await until(() => first.length > 0, 'the first status');
    const second = watch(name);
    // Who comes late is told what is known.
    expect(second).toHaveLength(1);
    expect(streams(name)).toBe(1);
    const open = proxy.connections;
    for (const subscription of subscriptions) subscription.unsubscribe();
    // The other one is kept for the next request.
    await until(() => proxy.connections < open, 'the end of the stream');
    const third = watch(name);
    await until(() => third.length > 0, 'the first status again');
    expect(streams(name)).toBe(2);
  });

  it('connects again when the stream breaks, and looks at what it has missed', async () => {
    const name = anyName();
    const { grant } = await other.acquire(name);
    const seen = watch(name);
    await until(() => seen.length > 0, 'the first status');
    await proxy.refuse();
    await other.release(grant);
    await proxy.heal();
    await until(() => seen.at(-1)?.status === 'free', 'the status after the break');
    expect(streams(name)).toBeGreaterThan(1);
    const { length } = seen;
    await other.acquire(name);
    await until(() => seen.length > length && seen.at(-1)?.status === 'held', 'a change after the break');
  });

  it('sees both states of a name that changes faster than it can be read, over no more connections', async () => {
    const name = anyName();
    const seen = watch(name);
    await until(() => seen.length > 0, 'the first status');
    proxy.delay(20);
    const before = proxy.opened;
    while (seen.filter(({ status }) => status === 'held').length < 5) {
      const { grant } = await other.acquire(name);
      await other.release(grant);
    }
    expect(seen.filter(({ status }) => status === 'free').length).toBeGreaterThan(5);
    // A read that follows another at once may find the connection of that one not ready yet.
    expect(proxy.opened).toBeLessThan(before + 3);
    expect(streams(name)).toBe(1);
  });

  it('survives a restart of the server', async () => {
    const name = anyName();
    const seen = watch(name);
    await until(() => seen.length > 0, 'the first status');
    await server().restart();
    const { grant } = await other.acquire(name);
    await until(() => seen.at(-1)?.status === 'held', 'the acquisition after the restart');
    expect(seen.at(-1)?.fencingToken).toBe(grant.fencingToken);
  });

  it('gives up only where nothing can come of it', async () => {
    const stranger = new Client({ baseUrl: server().url, token: 'nobody' });
    let error: unknown;
    subscriptions.push(
      stranger.backend.watch!(anyName())
        .pipe(retry(1))
        .subscribe({ error: (failure: unknown) => (error = failure) }),
    );
    await until(() => error !== undefined, 'the error');
    expect(error).toMatchObject({ code: 'ERR_LOCK_AUTHENTICATION' });
    await stranger.backend.close();
  });

  it('ends with the client', async () => {
    const name = anyName();
    let error: unknown;
    client.backend.watch!(name).subscribe({ error: (failure: unknown) => (error = failure) });
    await until(() => streams(name) === 1, 'the stream');
    await client.backend.close();
    expect(error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
    await until(() => proxy.connections === 0, 'the end of the connections');
  });
});
