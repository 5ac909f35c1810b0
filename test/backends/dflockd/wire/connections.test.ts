import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLocks } from '../../../../src/locks/create-locks.js';
import type { LocksEvent } from '../../../../src/contract/lease.js';
import { describeWithDflockd } from '../../../support/dflockd-server.js';
import { until } from '../../../support/poll.js';
import { FaultProxy } from '../../../support/proxy.js';
import { runProgram } from '../../../support/run-program.js';
import { anyName, Client, commandsOf, Tap } from '../support/support.js';

const LEAVER = 'test/backends/dflockd/support/leaver.ts';

describeWithDflockd('the connections of dflockd', (server) => {
  let tap: Tap;
  let client: Client;
  let other: Client;
  beforeEach(async () => {
    tap = await Tap.start(server().port);
    client = new Client({ port: tap.port });
    other = new Client({ port: server().port });
  });
  afterEach(async () => {
    await Promise.all([client.backend.close(), other.backend.close()]);
    await tap.stop();
  });

  it('are one for all locks that are free when they are asked for', async () => {
    const names = Array.from({ length: 20 }, () => anyName());
    const granted = await Promise.all(names.map((name) => client.acquire(name)));
    expect(tap.lines).toHaveLength(1);
    await client.renew(granted.map(({ grant }) => grant));
    expect(await client.release(...granted.map(({ grant }) => grant))).toEqual(names.map(() => 'released'));
    expect(tap.lines).toHaveLength(1);
    expect(granted[0]?.bounds.map(({ ttl }) => ttl)).toEqual([30_000, 23_000]);
    expect(granted[0]?.grant.fencingToken).toBeUndefined();
  });

  it('carry what is asked in a turn in one write', async () => {
    const chunks: string[] = [];
    await client.acquire(anyName());
    tap.lines[0]?.client.on('data', (chunk) => chunks.push(chunk.toString()));
    const names = Array.from({ length: 10 }, () => anyName());
    // Each asks a few microtasks after the other, as those do who await something.
    await Promise.all(
      names.map(async (name, index) => {
        for (let i = 0; i < index; i++) await Promise.resolve();
        return client.acquire(name);
      }),
    );
    expect(commandsOf(chunks.join(''))).toHaveLength(10);
    expect(chunks).toHaveLength(1);
  });

  it('are one for each that waits, and that one owns its lock until it is released', async () => {
    const name = anyName();
    const shared = await client.acquire(anyName());
    const { grant } = await other.acquire(name);
    const waiting = client.ask(name);
    await until(() => waiting.types.includes('queued') && tap.count('w') === 1, 'the queue');
    expect(tap.lines).toHaveLength(2);
    const own = tap.that(`e\n${name}\n`)!;
    expect(commandsOf(own.said)).toEqual(['e', 'w']);
    await other.release(grant);
    const granted = await waiting.granted();
    expect(waiting.types).toEqual(['queued', 'granted']);
    expect(granted.confirm).toBe(true);
    await client.renew([granted.grant]);
    // Another waiter does not get it meanwhile.
    const second = client.ask(name);
    await until(() => second.types.includes('queued'), 'the queue');
    expect(tap.lines).toHaveLength(3);
    expect(await client.release(granted.grant)).toEqual(['released']);
    await second.granted();
    expect(commandsOf(own.said)).toEqual(['e', 'w', 'n', 'r']);
    expect(commandsOf(tap.lines[0]!.said)).toEqual(['l', 'l', 'l']);
    await client.release(shared.grant);
  });

  it('are used again by the next that waits', async () => {
    for (let i = 0; i < 5; i++) {
      const name = anyName();
      const { grant } = await other.acquire(name);
      const waiting = client.ask(name);
      await until(() => waiting.types.includes('queued'), 'the queue');
      await other.release(grant);
      const granted = await waiting.granted();
      await client.release(granted.grant);
    }
    expect(tap.lines).toHaveLength(2);
  });

  it('take a lock at once that is on its way back on another', async () => {
    const proxy = await FaultProxy.start(server().port);
    const taker = new Client({ port: proxy.port });
    const name = anyName();
    const { grant } = await other.acquire(name);
    const waiting = taker.ask(name);
    await until(() => waiting.types.includes('queued'), 'the queue');
    await other.release(grant);
    const granted = await waiting.granted();
    const request = proxy.hold(`r\n${name}`);
    const released = taker.release(granted.grant);
    // Without waiting for the answer, and without wanting to queue.
    const again = taker.ask(name, { wait: false });
    await request.arrived;
    await until(() => proxy.requests.join('\n').split(`l\n${name}`).length === 3, 'the second request');
    request.release();
    expect(await released).toEqual(['released']);
    expect(await taker.release((await again.granted()).grant)).toEqual(['released']);
    await taker.backend.close();
    await proxy.stop();
  });

  it('lose exactly their own locks when they close', async () => {
    const name = anyName();
    const { grant } = await other.acquire(name);
    const shared = await Promise.all([client.acquire(anyName()), client.acquire(anyName())]);
    const waiting = client.ask(name);
    await until(() => waiting.types.includes('queued'), 'the queue');
    await other.release(grant);
    const own = await waiting.granted();
    tap.that(`e\n${name}\n`)!.client.destroy();
    await until(() => client.revocations.length > 0, 'the loss');
    expect(client.revocations).toMatchObject([{ reason: 'connection', cause: { code: 'ERR_LOCK_NETWORK' } }]);
    expect(client.revocations[0]?.grants).toEqual([own.grant]);
    expect(client.revocations[0]?.grants[0]).toBe(own.grant);
    expect((await client.renew([own.grant, ...shared.map((one) => one.grant)])).map(({ outcome }) => outcome)).toEqual([
      'refused',
      'renewed',
      'renewed',
    ]);
    tap.lines[0]!.client.destroy();
    await until(() => client.revocations.length > 1, 'the loss');
    expect(new Set(client.revocations[1]?.grants)).toEqual(new Set(shared.map((one) => one.grant)));
    // The server frees them, and the next question opens another.
    const again = await client.acquire(shared[0].grant.name);
    expect(await client.release(again.grant, shared[1].grant)).toEqual(['released', 'gone']);
  });

  it('leave the queue between the two phases at once', async () => {
    const proxy = await FaultProxy.start(server().port);
    const leaver = new Client({ port: proxy.port });
    const name = anyName();
    const { grant } = await other.acquire(name);
    const request = proxy.hold(`e\n${name}\n`);
    const waiting = leaver.ask(name);
    await request.arrived;
    // What was sent is taken back as soon as it can be.
    waiting.leave();
    request.release();
    await until(() => proxy.requests.some((text) => text.includes(`w\n${name}\n0`)), 'the way out');
    await until(async () => {
      const { locks } = await other.backend.stats();
      return locks.find(({ key }) => key === name)?.waiters === 0;
    }, 'the end of the queue');
    expect(waiting.types).toEqual([]);
    await other.release(grant);
    expect((await leaver.acquire(name)).confirm).toBeUndefined();
    expect(waiting.strays).toEqual([]);
    await leaver.backend.close();
    await proxy.stop();
  });

  it('stay in a queue that nobody may leave, and give back what is granted there', async () => {
    const name = anyName();
    const { grant } = await other.acquire(name);
    const waiting = client.ask(name);
    await until(() => tap.count('w') === 1, 'the wait');
    waiting.leave();
    const after = other.ask(name);
    await until(() => after.types.includes('queued'), 'the queue');
    await other.release(grant);
    await until(() => waiting.strays.length === 1, 'the stray grant');
    expect(waiting.types).toEqual(['queued']);
    expect(await client.release(waiting.strays[0]!)).toEqual(['released']);
    await other.release((await after.granted()).grant);
    // It is as good as new.
    const second = await other.acquire(name);
    const next = client.ask(name);
    await until(() => next.types.includes('queued'), 'the queue');
    expect(tap.lines).toHaveLength(2);
    await other.release(second.grant);
    await client.release((await next.granted()).grant);
  });

  it('do not fill a queue for one who comes and leaves again and again', async () => {
    const locks = createLocks(client.backend, { clock: client.clock });
    const name = anyName();
    const { grant } = await other.acquire(name);
    for (let i = 0; i < 12; i++) {
      let isWaiting = false;
      const waiting = locks.lock$(name, '30s').subscribe(({ type }) => (isWaiting = type === 'waiting'));
      await until(() => isWaiting && tap.count('w') >= Math.min(i + 1, 4), 'the wait');
      waiting.unsubscribe();
    }
    expect((await other.backend.stats()).locks.find(({ key }) => key === name)?.waiters).toBe(4);
    const last = locks.acquire(name, '30s');
    await other.release(grant);
    // What was left is given back one after the other, and the last is served.
    const lease = await last;
    expect(await other.isHeld(name)).toBe(true);
    await lease.release();
    expect(await other.isHeld(name)).toBe(false);
    expect(tap.count('e')).toBe(4);
  });

  it('keep no process alive for a place in a queue that nobody wants', async () => {
    const name = anyName();
    const { grant } = await other.acquire(name);
    expect(await runProgram(LEAVER, String(server().port), name)).toMatchObject({ code: 0, errors: '' });
    await other.release(grant);
    // The server finds out by itself that nobody is there.
    await until(async () => (await other.ask(name, { wait: false }).over()).types.includes('granted'), 'the lock');
  });

  it('give each answer to who asked for it, though many have left', async () => {
    const names = Array.from({ length: 60 }, () => anyName());
    const attempts = names.map((name) => client.ask(name));
    for (const [index, attempt] of attempts.entries()) if (index % 3 === 0) attempt.leave();
    for (const [index, attempt] of attempts.entries()) {
      if (index % 3 === 0) continue;
      expect((await attempt.granted()).grant.name).toBe(names[index]);
    }
    await until(() => attempts.filter((one) => one.strays.length === 1).length === 20, 'the stray grants');
    for (const [index, { strays }] of attempts.entries())
      if (strays.length > 0) expect(strays[0]?.name).toBe(names[index]);
  });

  it('renew with the lease', async () => {
    const { grant } = await client.acquire(anyName(), { ttl: 120_000 });
    const [renewal] = await client.renew([grant], 120_000);
    expect(renewal).toMatchObject({ outcome: 'renewed', bounds: [{ ttl: 120_000 }, { ttl: 23_000 }] });
    const lock = (await other.backend.stats()).locks.find(({ key }) => key === grant.name);
    expect(lock?.expiresIn).toBeGreaterThan(100_000);
    expect(tap.lines[0]!.said).toMatch(/n\n.*\n\w+ 120\n/);
  });

  it('are kept alive by one renewal for all of their locks that have long to go', async () => {
    const grants = await Promise.all(Array.from({ length: 30 }, () => client.acquire(anyName(), { ttl: 600_000 })));
    client.clock.advance(8000);
    const renewals = await client.renew(
      grants.map(({ grant }) => grant),
      600_000,
    );
    expect(renewals.map(({ outcome }) => outcome)).toEqual(grants.map(() => 'renewed'));
    expect(tap.count('n')).toBe(1);
    const now = client.clock.elapsed();
    for (const renewal of renewals) {
      if (renewal.outcome !== 'renewed') continue;
      expect(now - renewal.bounds[1]!.sentAt).toBeLessThan(4000);
    }
    // Their own time is renewed once a fifth of it is over.
    client.clock.advance(130_000);
    await client.renew(
      grants.map(({ grant }) => grant),
      600_000,
    );
    expect(tap.count('n')).toBe(1 + 30);
  });

  it('refuse what is whole seconds to the service and is not', async () => {
    const attempt = await client.ask(anyName(), { ttl: 1500 }).over();
    expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_VALIDATION', option: 'ttl' });
    const locks = createLocks(other.backend, { clock: other.clock });
    expect(() => locks.lock$(anyName(), 1500)).toThrow(expect.objectContaining({ option: 'ttl' }));
    // Nothing keeps the connection open for a lock that nobody renews.
    expect(() => locks.lock$(anyName(), '30s', { renew: false })).toThrow(
      expect.objectContaining({ code: 'ERR_LOCK_CONFIG', option: 'renew' }),
    );
    expect(tap.lines).toHaveLength(0);
  });

  it('never carry a name that would break a line, though nobody else has looked at it', async () => {
    for (const name of [
      'a b',
      'a\nb',
      'a\rb',
      'a\0b',
      'a\u2003b',
      'a\u0085b',
      '\ud800',
      'x'.repeat(257),
      'ü'.repeat(129),
    ]) {
      for (const limit of [undefined, 1]) {
        const { error } = await client.ask(name, { limit }).over();
        expect(error, JSON.stringify(name)).toMatchObject({ code: 'ERR_LOCK_VALIDATION', option: 'name' });
      }
    }
    expect(tap.lines).toHaveLength(0);
  });

  it('tell a semaphore of another limit', async () => {
    const name = anyName();
    await client.acquire(name, { limit: 2 });
    const attempt = await other.ask(name, { limit: 3 }).over();
    expect(attempt.error).toMatchObject({ code: 'ERR_LOCK_VALIDATION', option: 'limit', lockName: name });
    const waiter = await other.ask(`semaphore:${name}`).over();
    expect(waiter.error).toMatchObject({ code: 'ERR_LOCK_VALIDATION', option: 'name' });
  });

  it('queue for a semaphore', async () => {
    const name = anyName();
    const first = await client.acquire(name, { limit: 1 });
    const waiting = other.ask(name, { limit: 1 });
    await until(() => waiting.types.includes('queued'), 'the queue');
    await client.release(first.grant);
    const { grant } = await waiting.granted();
    expect((await other.renew([grant]))[0]).toMatchObject({ outcome: 'renewed' });
    expect(await other.release(grant)).toEqual(['released']);
  });

  it('show no token anywhere', async () => {
    const locks = createLocks(client.backend, { clock: client.clock });
    const events: LocksEvent[] = [];
    locks.events$.subscribe((event) => events.push(event));
    const lease = await locks.acquire(anyName(), '30s');
    const token = /ok (\w+) 30/.exec(tap.lines[0]!.heard)![1]!;
    expect(token.length).toBeGreaterThan(10);
    await lease.release();
    const seen = [lease, locks, client.backend, ...events].map((one) => inspect(one, { depth: 20, showHidden: true }));
    expect(seen.join('\n')).not.toContain(token);
    expect(JSON.stringify([lease, events.map(({ type }) => type)])).not.toContain(token);
    await locks.close();
  });

  it('leave no socket behind when the client is closed', async () => {
    const name = anyName();
    await other.acquire(name);
    const waiting = client.ask(name);
    await until(() => tap.count('w') === 1, 'the wait');
    const stats = expect(client.backend.stats()).rejects.toMatchObject({ code: 'ERR_LOCK_CLOSED' });
    await client.backend.close();
    await stats;
    expect((await waiting.over()).error).toMatchObject({ code: 'ERR_LOCK_CLOSED' });
    await until(() => tap.open.length === 0, 'the end of all connections');
    await expect(client.backend.stats()).rejects.toMatchObject({ code: 'ERR_LOCK_CLOSED' });
    expect(client.revocations).toEqual([]);
  });
});

describeWithDflockd(
  'the connections of dflockd, with a read timeout of one second',
  (server) => {
    it('hold a lock of ten minutes far beyond it', async () => {
      const backend = new Client({ port: server().port, readTimeout: '1s' });
      const other = new Client({ port: server().port });
      const locks = createLocks(backend.backend, { clock: backend.clock });
      const name = anyName();
      const events: string[] = [];
      const holding = locks.lock$(name, '10m').subscribe(({ type }) => events.push(type));
      // What was waited for hangs on a connection of its own.
      const second = anyName();
      const before = await other.acquire(second);
      const waited = locks.lock$(second, '10m').subscribe(({ type }) => events.push(`second ${type}`));
      await until(() => events.includes('second waiting'), 'the wait');
      await other.release(before.grant);
      await until(() => events.includes('second acquired'), 'the grant');
      const end = performance.now() + 3500;
      while (performance.now() < end) {
        await sleep(200);
        for (const one of [name, second]) {
          expect((await other.ask(one, { wait: false }).over()).types).toEqual(['held']);
        }
      }
      expect(events.filter((type) => type.includes('lost'))).toEqual([]);
      expect(events.filter((type) => type === 'renewed').length).toBeGreaterThan(3);
      holding.unsubscribe();
      waited.unsubscribe();
      await locks.close();
      await other.backend.close();
    });

    it('are kept open for a lock that nobody renews, until it has run out', async () => {
      const tap = await Tap.start(server().port);
      const client = new Client({ port: tap.port, readTimeout: '1s' });
      const { grant } = await client.acquire(anyName(), { ttl: 3000 });
      await sleep(2000);
      expect(client.revocations).toEqual([]);
      expect(tap.count('stats')).toBeGreaterThanOrEqual(3);
      expect(await client.release(grant)).toEqual(['released']);
      // One that is forgotten: the connection closes when nothing hangs on it any more.
      await client.acquire(anyName(), { ttl: 1000 });
      await until(() => tap.open.length === 0, 'the end of the connection');
      expect(client.revocations).toEqual([]);
      await client.backend.close();
      await tap.stop();
    });

    it('close when they are idle, before the server closes them', async () => {
      const tap = await Tap.start(server().port);
      const client = new Client({ port: tap.port, readTimeout: '1s' });
      const { grant } = await client.acquire(anyName());
      await client.release(grant);
      await until(() => tap.open.length === 0, 'the end of the connection');
      expect(tap.lines[0]!.heard).not.toContain('error');
      await client.release((await client.acquire(anyName())).grant);
      expect(tap.lines).toHaveLength(2);
      await client.backend.close();
      await tap.stop();
    });
  },
  { readTimeout: 1 },
);
