import type { Subscription } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLocks } from '../../../src/locks/create-locks.js';
import type { LockEvent } from '../../../src/contract/lease.js';
import { describeWithDflockd, describeWithDflockds } from '../../support/dflockd-server.js';
import { until } from '../../support/poll.js';
import { FaultProxy } from '../../support/proxy.js';
import { anyName, Client, Tap } from './support/support.js';

/** Follows a lock and keeps what it says. */
function follow(
  client: Client,
  name: string,
  ttl: string,
): { events: LockEvent[]; holding: Subscription; has(type: string): boolean } {
  const locks = createLocks(client.backend, { clock: client.clock, retry: { initial: '20ms', max: '50ms' } });
  const events: LockEvent[] = [];
  const holding = locks.lock$(name, ttl).subscribe({ next: (event) => events.push(event), error: () => undefined });
  return { events, holding, has: (wanted) => events.some(({ type }) => type === wanted) };
}

describeWithDflockd('dflockd on a bad network', (server) => {
  let proxy: FaultProxy;
  let tap: Tap;
  let client: Client;
  let other: Client;
  beforeEach(async () => {
    proxy = await FaultProxy.start(server().port);
    tap = await Tap.start(server().port);
    client = new Client({ port: proxy.port, timeout: '800ms' });
    other = new Client({ port: server().port });
  });
  afterEach(async () => {
    await proxy.heal();
    await Promise.all([client.backend.close(), other.backend.close()]);
    await Promise.all([proxy.stop(), tap.stop()]);
  });

  it('loses a lock at once when it is cut while holding', async () => {
    const name = anyName();
    const { events, has } = follow(client, name, '30s');
    await until(() => has('acquired'), 'the grant');
    proxy.reset();
    await until(() => has('lost'), 'the loss');
    expect(events.at(-1)).toMatchObject({ type: 'lost', reason: 'connection', cause: { code: 'ERR_LOCK_NETWORK' } });
    await until(async () => !(await other.isHeld(name)), 'the end of the lock');
  });

  it('queues again when it is cut while queued', async () => {
    const name = anyName();
    const { grant } = await other.acquire(name);
    const { events, has, holding } = follow(client, name, '30s');
    await until(() => has('waiting'), 'the queue');
    proxy.reset();
    await until(() => events.some((event) => event.type === 'waiting' && event.cause !== undefined), 'the cut');
    await until(
      () => events.at(-1)?.type === 'waiting' && (events.at(-1) as { cause?: unknown }).cause === undefined,
      'the queue',
    );
    await other.release(grant);
    await until(() => has('acquired'), 'the grant');
    holding.unsubscribe();
    await until(async () => !(await other.isHeld(name)), 'the release');
  });

  it('holds nothing when it is cut between enqueue and wait', async () => {
    const name = anyName();
    const held = new Client({ port: tap.port });
    const { grant } = await other.acquire(name);
    // The shared connection is there already; the next is the waiter's.
    await held.acquire(anyName());
    tap.cutAfter = 'queued\n'.length;
    const attempt = await held.ask(name).over();
    expect(attempt.types).toEqual(['queued']);
    expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_NETWORK', retryable: true });
    await other.release(grant);
    await until(async () => (await other.ask(name, { wait: false }).over()).types[0] === 'granted', 'the lock');
    expect(held.revocations).toEqual([]);
    await held.backend.close();
  });

  it('holds nothing when it is cut in the middle of a line, wherever that is', async () => {
    const held = new Client({ port: tap.port });
    for (const cut of [1, 2, 3, 10, 34, 35, 36, 37, 38]) {
      const name = anyName();
      tap.cutAfter = cut;
      const attempt = await held.ask(name, { wait: false }).over();
      // All but the line's end is no answer.
      expect(attempt.types, String(cut)).toEqual([]);
      expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
      await until(async () => (await other.ask(name, { wait: false }).over()).types[0] === 'granted', 'the lock');
    }
    await held.backend.close();
  });

  it('understands what comes byte by byte', async () => {
    proxy.crumble();
    const name = anyName();
    const { grant } = await client.acquire(name);
    expect(await client.renew([grant])).toMatchObject([{ outcome: 'renewed' }]);
    expect(await client.isHeld(name)).toBe(true);
    expect(await client.release(grant)).toEqual(['released']);
  });

  it('asks once more where a connection that was used before is cut', async () => {
    await client.release((await client.acquire(anyName())).grant);
    const name = anyName();
    void proxy.loseReply(`l\n${name}`, 'reset');
    const { grant } = await client.acquire(name, { wait: false }).catch((error: unknown) => {
      // The server may not have seen the cut yet.
      expect(error).toMatchObject({ message: expect.stringContaining('held') });
      return client.acquire(name);
    });
    expect(await client.release(grant)).toEqual(['released']);
  });

  it('reports what is not answered in time, and gives back what was granted after all', async () => {
    const kept = await client.acquire(anyName());
    const name = anyName();
    const request = proxy.hold(`l\n${name}`);
    const attempt = client.ask(name);
    await request.arrived;
    expect((await attempt.over()).error).toMatchObject({ code: 'ERR_LOCK_NETWORK', retryable: true });
    // Others do not wait behind it.
    const next = await client.acquire(anyName());
    expect(proxy.connections).toBe(2);
    request.release();
    await until(() => attempt.strays.length === 1, 'the stray grant');
    expect(await client.release(attempt.strays[0]!, kept.grant, next.grant)).toEqual([
      'released',
      'released',
      'released',
    ]);
  });

  it('gives up a connection that answers nothing and owns nothing', async () => {
    await client.release((await client.acquire(anyName())).grant);
    proxy.blackhole();
    expect((await client.ask(anyName()).over()).error).toMatchObject({ code: 'ERR_LOCK_NETWORK' });
    await expect(client.backend.stats()).rejects.toMatchObject({ code: 'ERR_LOCK_NETWORK' });
    await proxy.heal();
    await client.release((await client.acquire(anyName())).grant);
  });

  it('believes in no lock that another may have, when a blackhole swallows all', async () => {
    const backend = new Client({ port: proxy.port, readTimeout: '2s' });
    const { events, has } = follow(backend, anyName(), '10m');
    await until(() => has('renewed'), 'a renewal');
    const started = backend.clock.elapsed();
    proxy.blackhole();
    await until(() => has('lost'), 'the loss');
    expect(events.at(-1)).toMatchObject({ reason: 'expired' });
    expect(has('uncertain')).toBe(true);
    // 0.8 × 2 s after the last that was confirmed; the rest is for a busy machine.
    expect(backend.clock.elapsed() - started).toBeLessThan(1600 + 500);
    await proxy.heal();
    await backend.backend.close();
  });

  it('notices a reset that only the server saw by its deadline', async () => {
    const held = new Client({ port: tap.port, readTimeout: '2s' });
    const name = anyName();
    const { events, has } = follow(held, name, '10m');
    await until(() => has('acquired'), 'the grant');
    tap.sever(tap.lines[0]!);
    await until(async () => !(await other.isHeld(name)), 'the end of the lock');
    await until(() => has('lost'), 'the loss');
    expect(events.at(-1)).toMatchObject({ reason: 'expired' });
    await held.backend.close();
  });

  it('counts from the time of sending, however long the answer takes', async () => {
    proxy.delay(100);
    const before = client.clock.elapsed();
    const { bounds, grant } = await client.acquire(anyName());
    for (const { sentAt } of bounds) expect(sentAt - before).toBeLessThan(100);
    const asked = client.clock.elapsed();
    const [renewal] = await client.renew([grant]);
    for (const { sentAt } of renewal?.outcome === 'renewed' ? renewal.bounds : [])
      expect(sentAt - asked).toBeLessThan(100);
  });

  it('takes a lease that ran out in the queue for no lock', async () => {
    const name = anyName();
    const first = await other.acquire(name);
    const request = proxy.hold(`w\n${name}`);
    const { events, has, holding } = follow(client, name, '1s');
    await request.arrived;
    await until(() => has('waiting'), 'the queue');
    // Granted to who does not know of it, and run out: another has it.
    await other.release(first.grant);
    const second = await other.acquire(name);
    const given = events.length;
    request.release();
    await until(() => proxy.requests.filter((text) => text.includes(`e\n${name}`)).length > 1, 'another attempt');
    expect(events.slice(given).map(({ type }) => type)).not.toContain('acquired');
    expect(await other.renew([second.grant])).toMatchObject([{ outcome: 'renewed' }]);
    await other.release(second.grant);
    await until(() => has('acquired'), 'the grant');
    holding.unsubscribe();
    await until(async () => !(await other.isHeld(name)), 'the release');
  });

  it('can queue again on a connection whose lock ran out', async () => {
    const name = anyName();
    const first = await other.acquire(name);
    const request = proxy.hold(`e\n${name}`);
    const attempt = client.ask(name, { ttl: 1000 });
    await request.arrived;
    await other.release(first.grant);
    request.release();
    // On a connection of its own; nobody renews it.
    await attempt.granted();
    const second = await other.acquire(name);
    client.clock.advance(2000);
    await client.isHeld(name);
    const again = async (): Promise<readonly string[]> => {
      const next = client.ask(name);
      await until(() => next.types.length > 0 || next.error !== undefined, 'an answer');
      if (next.types.length > 0) next.leave();
      return next.types;
    };
    await until(async () => (await again()).includes('queued'), 'a place in the queue');
    await other.release(second.grant);
  });

  it('closes within its time though nobody answers', async () => {
    await client.acquire(anyName());
    proxy.blackhole();
    await client.backend.close();
    expect((await client.ask(anyName()).over()).error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
  });

  it('cannot be talked out of its order by an answer too many', async () => {
    const held = new Client({ port: tap.port });
    const { grant } = await held.acquire(anyName());
    tap.lines[0]!.client.write('ok 30\n');
    await until(() => held.revocations.length === 1, 'the loss');
    expect(held.revocations[0]).toMatchObject({ reason: 'connection', grants: [grant] });
    await held.release((await held.acquire(anyName())).grant);
    await held.backend.close();
  });
});

describeWithDflockds('a dflockd server that comes and goes', (start) => {
  it('is stopped and continued: what was held is lost by its deadline, and taken again', async () => {
    const server = await start({ apart: true });
    const client = new Client({ port: server.port, readTimeout: '2s', timeout: '500ms' });
    const name = anyName();
    const first = follow(client, name, '10m');
    await until(() => first.has('renewed'), 'a renewal');
    server.pause();
    await until(() => first.has('lost'), 'the loss');
    expect(first.events.at(-1)).toMatchObject({ reason: 'expired' });
    const second = follow(client, name, '10m');
    await until(() => second.has('waiting'), 'the outage');
    server.resume();
    await until(() => second.has('acquired'), 'the grant');
    await client.backend.close();
  });

  it('is killed and started again: what was held is lost at once, and who waited waits again', async () => {
    const server = await start({ apart: true });
    const client = new Client({ port: server.port });
    const other = new Client({ port: server.port });
    const name = anyName();
    const holder = follow(client, name, '30s');
    await until(() => holder.has('acquired'), 'the grant');
    const waiter = follow(other, name, '30s');
    await until(() => waiter.has('waiting'), 'the queue');
    await server.kill();
    await until(() => holder.has('lost'), 'the loss');
    expect(holder.events.at(-1)).toMatchObject({ reason: 'connection' });
    await server.run();
    await until(() => waiter.has('acquired'), 'the grant');
    waiter.holding.unsubscribe();
    await client.backend.close();
    await other.backend.close();
  });
});
